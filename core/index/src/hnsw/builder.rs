//! Builds a graph in batches.
//!
//! Owns: the growing neighbour lists. Does not own: the codes, which are complete beforehand.
//!
//! Of copies only the first is inserted: the others would be the nearest neighbours of one another and leave no place
//! in any list, or among the candidates of any search, for a link that leads elsewhere. They hang on the first
//! afterwards (`heaps`).
//!
//! The points of a batch are linked to the graph as it was before the batch, each by itself, so all cores can work on
//! them; then the nodes that they chose link back, again each by itself. The batches depend on the number of points
//! alone, and so do the bytes. (Batches are how ParlayANN builds deterministically, arXiv 2305.04359.)

use alloc::vec::Vec;
use core::ops::Range;

use super::edges::Chooser;
use super::graph::{Graph, GraphHeader, GraphSections};
use super::heaps;
use super::level::Level;
use super::links;
use super::navigate::{ByCodes, ByOneBit, Navigator};
use super::search::{Scratch, search_level};
use crate::copies::Copies;
use crate::ids::Ordinal;
use crate::limits::MAX_LEVELS;
use crate::mix::splitmix64;
use crate::model::GraphOptions;
use crate::parallel::map_ranges;
use crate::promised::Promised as _;
use crate::quant::{CodeQuery, Codes, OneBitRows};
use crate::top_k::Candidate;

/// A batch is at most this share of the points before it: they do not see one another.
const BATCH_SHARE: usize = 32;
/// Points of a batch that one thread takes at a time.
const AT_ONCE: usize = 64;

/// The sections of a finished graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphParts {
    /// The fixed part.
    pub header: GraphHeader,
    /// See the layout in the module's docs.
    pub ground_offsets: Vec<u32>,
    /// See the layout in the module's docs.
    pub ground_links: Vec<u8>,
    /// See the layout in the module's docs.
    pub levels: Vec<u32>,
    /// See the layout in the module's docs.
    pub upper_nodes: Vec<u32>,
    /// See the layout in the module's docs.
    pub upper_offsets: Vec<u32>,
    /// See the layout in the module's docs.
    pub upper_links: Vec<u8>,
}

impl GraphParts {
    /// The parts as a reader has them.
    pub fn view(&self) -> Graph<'_> {
        Graph::unchecked(self.sections())
    }

    pub fn sections(&self) -> GraphSections<'_> {
        GraphSections {
            header: self.header,
            ground_offsets: &self.ground_offsets,
            ground_links: &self.ground_links,
            levels: &self.levels,
            upper_nodes: &self.upper_nodes,
            upper_offsets: &self.upper_offsets,
            upper_links: &self.upper_links,
        }
    }
}

/// A graph in the making.
#[derive(Debug)]
pub struct GraphBuilder<'a> {
    codes: Codes<'a>,
    m: usize,
    /// Candidates that a search keeps.
    kept: usize,
    /// What searches steer by, if not by the codes.
    coarse: Option<&'a OneBitRows<'a>>,
    seed: u64,
    /// The ground first.
    levels: Vec<Level>,
    entry: Ordinal,
    copies: Copies,
    /// Distinct points with a list already. They stand every `stride` places.
    inserted: usize,
    stride: usize,
}

/// An edge to add: on this level, from this node, to that one. In this order edges of a node lie together.
type Edge = (usize, Ordinal, Ordinal);

impl<'a> GraphBuilder<'a> {
    /// A builder over complete codes; none when there is no point.
    #[must_use]
    pub fn new(codes: Codes<'a>, options: GraphOptions, seed: u64) -> Option<Self> {
        let nodes = codes.len();
        let m = usize::from(options.m);
        let copies = Copies::find(&codes);
        let mut builder = Self {
            codes,
            m,
            kept: usize::from(options.ef_construction),
            coarse: None,
            seed,
            levels: alloc::vec![Level::ground(nodes, 2 * m)],
            entry: 0,
            inserted: 1,
            stride: copies.distinct.len().next_power_of_two(),
            copies,
        };
        // The highest node comes first, so that there is one entry from beginning to end.
        let top_of = |o: &Ordinal| builder.level_of(*o);
        let distinct = || builder.copies.distinct.iter().copied();
        builder.entry = distinct().max_by_key(|o| (top_of(o), !o))?;
        for level in 1..=builder.level_of(builder.entry) {
            let members = distinct().filter(|&o| builder.level_of(o) >= level).collect();
            builder.levels.push(Level::upper(members, m));
        }
        Some(builder)
    }

    /// Makes searches steer by 1-bit codes of the same points: what a search reads of a node is then a cache line or
    /// two, and not its code. Edges are chosen by the codes still.
    #[must_use]
    pub fn steered_by(mut self, rows: &'a OneBitRows<'a>) -> Self {
        self.coarse = Some(rows);
        self
    }

    /// Inserts all points and writes the sections. `progress` counts points.
    ///
    /// Every round halves the distance between the points that are in: each is a sample of all clusters, and each batch
    /// a sample of its round, in the order of the clusters.
    #[must_use]
    pub fn finish(mut self, progress: &mut dyn FnMut(u64)) -> GraphParts {
        let distinct = core::mem::take(&mut self.copies.distinct);
        let zeroth = distinct.first().copied().promised();
        while self.stride > 1 {
            let (step, first) = (self.stride, self.stride / 2);
            self.stride = first;
            let round = distinct.len().saturating_sub(first).div_ceil(step);
            let batches = round.div_ceil((self.inserted / BATCH_SHARE).max(1));
            for batch in 0..batches {
                let places = (first + batch * step..distinct.len()).step_by(step * batches);
                let mut points: Vec<Ordinal> = places.filter_map(|place| distinct.get(place).copied()).collect();
                // The first is in no round, the entry in one perhaps: they change places.
                points.iter_mut().filter(|o| **o == self.entry).for_each(|o| *o = zeroth);
                self.insert(&points);
                progress(self.inserted as u64);
            }
        }
        let groups = core::mem::take(&mut self.copies.groups);
        self.levels.iter_mut().take(1).for_each(|ground| heaps::link(&self.codes, &groups, ground));
        progress(self.codes.len() as u64);
        self.parts()
    }

    fn insert(&mut self, batch: &[Ordinal]) {
        let linked = map_ranges(batch.len(), AT_ONCE, |range| self.link(batch.get(range).promised()));
        let mut back: Vec<Edge> = Vec::new();
        for (level, node, chosen) in linked.into_iter().flatten() {
            back.extend(chosen.iter().map(|&neighbour| (level, neighbour, node)));
            if let Some(level) = self.levels.get_mut(level) {
                level.set(node, &chosen);
            }
        }
        back.sort_unstable();
        let groups: Vec<&[Edge]> = back.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
        let lists = map_ranges(groups.len(), AT_ONCE, |range| self.link_back(&groups, range));
        for (level, node, list) in lists.into_iter().flatten() {
            if let Some(level) = self.levels.get_mut(level) {
                level.set(node, &list);
            }
        }
        self.inserted += batch.len();
    }

    /// The neighbours that points choose on their levels.
    fn link(&self, points: &[Ordinal]) -> Vec<(usize, Ordinal, Vec<Ordinal>)> {
        match self.coarse {
            None => self.link_by(&mut ByCodes::new(&self.codes, CodeQuery::default()), points, |chooser, _, found| {
                chooser.choose(&self.codes, found, self.m)
            }),
            Some(rows) => self.link_by(&mut ByOneBit::new(&self.codes, rows), points, |chooser, point, found| {
                let members: Vec<Ordinal> = found.iter().map(|c| c.ordinal).collect();
                chooser.prune(&self.codes, point, &members, self.m)
            }),
        }
    }

    /// The same, with what searches steer by and how edges are chosen among what they find.
    fn link_by(
        &self,
        navigator: &mut impl Navigator,
        points: &[Ordinal],
        choose: impl Fn(&mut Chooser, Ordinal, &[Candidate]) -> Vec<Ordinal>,
    ) -> Vec<(usize, Ordinal, Vec<Ordinal>)> {
        let (mut scratch, mut chooser) = (Scratch::new(self.codes.len()), Chooser::default());
        let mut chosen = Vec::new();
        for &point in points {
            navigator.aim(point);
            let top = self.level_of(point);
            let score = navigator.score_rows(&[self.entry]).first().copied().promised();
            let mut found = alloc::vec![Candidate { score, ordinal: self.entry }];
            for (height, level) in self.levels.iter().enumerate().rev() {
                let ef = if height > top { 1 } else { self.kept };
                let compared = &mut 0;
                found = search_level(&mut scratch, &found, (ef, u32::MAX), compared, level, navigator, |_| true);
                if height <= top {
                    chosen.push((height, point, choose(&mut chooser, point, &found)));
                }
            }
        }
        chosen
    }

    /// The lists of nodes that were chosen, with those who chose them.
    fn link_back(&self, groups: &[&[Edge]], range: Range<usize>) -> Vec<(usize, Ordinal, Vec<Ordinal>)> {
        let mut chooser = Chooser::default();
        let list = |group: &&[Edge]| {
            let &(height, node, _) = group.first()?;
            let level = self.levels.get(height)?;
            let mut members = level.neighbours(node).to_vec();
            members.extend(group.iter().map(|edge| edge.2));
            if members.len() > level.most() {
                members = chooser.prune(&self.codes, node, &members, level.most());
            }
            Some((height, node, members))
        };
        groups.get(range).promised().iter().filter_map(list).collect()
    }

    /// Levels fall off exponentially by 1 / ln m; the hash stands in for the paper's random source.
    fn level_of(&self, ordinal: Ordinal) -> usize {
        let uniform = (splitmix64(self.seed ^ u64::from(ordinal)) >> 11) as f64 / (1u64 << 53) as f64;
        let level = -libm::log(1.0 - uniform) / libm::log(self.m as f64);
        (level as usize).min(MAX_LEVELS)
    }

    fn parts(self) -> GraphParts {
        let mut levels = self.levels.into_iter();
        let (mut ground_offsets, mut ground_links) = (alloc::vec![0], Vec::new());
        if let Some(ground) = levels.next() {
            append(&ground, &mut ground_offsets, &mut ground_links);
        }
        let (mut starts, mut upper_nodes) = (alloc::vec![0u32], Vec::new());
        let (mut upper_offsets, mut upper_links) = (alloc::vec![0], Vec::new());
        for level in levels {
            upper_nodes.extend(level.nodes());
            starts.push(upper_nodes.len() as u32);
            append(&level, &mut upper_offsets, &mut upper_links);
        }
        let header = GraphHeader {
            m: self.m as u32,
            m0: 2 * self.m as u32,
            upper_levels: starts.len() as u32 - 1,
            entry: self.entry,
        };
        GraphParts { header, ground_offsets, ground_links, levels: starts, upper_nodes, upper_offsets, upper_links }
    }
}

fn append(level: &Level, offsets: &mut Vec<u32>, bytes: &mut Vec<u8>) {
    for node in level.nodes() {
        let mut neighbours = level.neighbours(node).to_vec();
        neighbours.sort_unstable();
        links::encode(node, &neighbours, bytes);
        offsets.push(bytes.len() as u32);
    }
}
