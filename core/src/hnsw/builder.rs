//! Builds a graph by inserting nodes in ordinal order.
//!
//! Owns: the growing neighbour lists. Does not own: the codes, which are complete beforehand.

use alloc::vec::Vec;

use super::graph::{Graph, GraphHeader, GraphSections};
use super::search::{Candidate, Scratch, search_level};
use crate::ids::Ordinal;
use crate::limits::MAX_LEVELS;
use crate::mix::splitmix64;
use crate::model::GraphOptions;
use crate::quant::{CodeQuery, Codes, Scores};

/// The sections of a finished graph, as `u32` values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphParts {
    /// The fixed part.
    pub header: GraphHeader,
    /// See the layout in the module's docs.
    pub ground_offsets: Vec<u32>,
    /// See the layout in the module's docs.
    pub ground_links: Vec<u32>,
    /// See the layout in the module's docs.
    pub levels: Vec<u32>,
    /// See the layout in the module's docs.
    pub upper_nodes: Vec<u32>,
    /// See the layout in the module's docs.
    pub upper_offsets: Vec<u32>,
    /// See the layout in the module's docs.
    pub upper_links: Vec<u32>,
}

impl GraphParts {
    /// The parts as a reader has them.
    pub(crate) fn view(&self) -> Graph<'_> {
        Graph::unchecked(self.sections())
    }

    pub(super) fn sections(&self) -> GraphSections<'_> {
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
pub struct GraphBuilder<'a> {
    codes: Codes<'a>,
    m: usize,
    ef_construction: usize,
    seed: u64,
    /// `lists[level][position]`; on the ground the position is the ordinal.
    lists: Vec<Level>,
    entry: Option<Ordinal>,
    inserted: Ordinal,
    scratch: Scratch,
    values: Vec<i16>,
    query: CodeQuery,
    other: CodeQuery,
    scores: Scores,
}

#[derive(Default)]
struct Level {
    /// Ordinals of the members, ascending; empty on the ground, where all are.
    members: Vec<Ordinal>,
    lists: Vec<Vec<Ordinal>>,
}

impl Level {
    fn position(&self, ground: bool, ordinal: Ordinal) -> Option<usize> {
        if ground { Some(ordinal as usize) } else { self.members.binary_search(&ordinal).ok() }
    }

    fn neighbours(&self, ground: bool, ordinal: Ordinal) -> &[Ordinal] {
        self.position(ground, ordinal).and_then(|p| self.lists.get(p)).map_or(&[], Vec::as_slice)
    }
}

impl<'a> GraphBuilder<'a> {
    /// A builder over complete codes.
    #[must_use]
    pub fn new(codes: Codes<'a>, options: GraphOptions, seed: u64) -> Self {
        let mut ground = Level::default();
        ground.lists.resize_with(codes.len(), Vec::new);
        Self {
            codes,
            m: usize::from(options.m),
            ef_construction: usize::from(options.ef_construction),
            seed,
            lists: alloc::vec![ground],
            entry: None,
            inserted: 0,
            scratch: Scratch::new(codes.len()),
            values: Vec::new(),
            query: CodeQuery::default(),
            other: CodeQuery::default(),
            scores: Scores::default(),
        }
    }

    /// Inserts the next ordinal; false when all are in.
    pub fn insert_next(&mut self) -> bool {
        if self.inserted as usize >= self.codes.len() {
            return false;
        }
        let ordinal = self.inserted;
        self.inserted += 1;
        let top = self.level_of(ordinal);
        let old_top = self.lists.len() - 1;
        for level in 1..=top {
            if level > old_top {
                self.lists.push(Level::default());
            }
            if let Some(list) = self.lists.get_mut(level) {
                list.members.push(ordinal);
                list.lists.push(Vec::new());
            }
        }
        if let Some(entry) = self.entry {
            self.link(ordinal, entry, top, old_top);
        }
        if self.entry.is_none() || top > old_top {
            self.entry = Some(ordinal);
        }
        true
    }

    fn link(&mut self, ordinal: Ordinal, entry: Ordinal, top: usize, old_top: usize) {
        self.codes.query_of(ordinal, &mut self.values, &mut self.query);
        let mut compared = 0;
        let mut entries = alloc::vec![Candidate { score: self.codes.score(&self.query, entry), ordinal: entry }];
        for level in (0..=old_top).rev() {
            let ef = if level > top { 1 } else { self.ef_construction };
            let Some(list) = self.lists.get(level) else { continue };
            entries = search_level(
                &mut self.scratch,
                &entries,
                ef,
                &mut compared,
                |o| list.neighbours(level == 0, o),
                (&self.codes, &self.query),
                |o| o != ordinal,
            );
            if level <= top {
                self.connect(level, ordinal, &entries);
            }
        }
    }

    fn connect(&mut self, level: usize, ordinal: Ordinal, found: &[Candidate]) {
        let most = if level == 0 { 2 * self.m } else { self.m };
        let chosen = self.select(found, self.m);
        self.set(level, ordinal, chosen.iter().map(|c| c.ordinal).collect());
        for neighbour in chosen {
            let Some(list) = self.list_mut(level, neighbour.ordinal) else { continue };
            list.push(ordinal);
            if list.len() <= most {
                continue;
            }
            let members = core::mem::take(list);
            let mut other = core::mem::take(&mut self.other);
            self.codes.query_of(neighbour.ordinal, &mut self.values, &mut other);
            let scores = self.codes.score_rows(&other, &members, &mut self.scores);
            let mut ranked: Vec<Candidate> =
                members.iter().zip(scores).map(|(&ordinal, &score)| Candidate { score, ordinal }).collect();
            self.other = other;
            ranked.sort_unstable_by(|a, b| b.cmp(a));
            let kept = self.select(&ranked, most).iter().map(|c| c.ordinal).collect();
            self.set(level, neighbour.ordinal, kept);
        }
    }

    /// The paper's heuristic (algorithm 4): a candidate is taken when it is nearer to the base than
    /// to every one taken before, which keeps edges in different directions. Equal distance counts
    /// as nearer: among many equal points every one would otherwise be refused but the first.
    fn select(&mut self, ranked: &[Candidate], most: usize) -> Vec<Candidate> {
        let mut chosen: Vec<Candidate> = Vec::with_capacity(most);
        let mut rows: Vec<Ordinal> = Vec::with_capacity(most);
        let mut query = core::mem::take(&mut self.other);
        for &candidate in ranked {
            if chosen.len() >= most {
                break;
            }
            self.codes.query_of(candidate.ordinal, &mut self.values, &mut query);
            let scores = self.codes.score_rows(&query, &rows, &mut self.scores);
            if scores.iter().all(|&score| score <= candidate.score) {
                chosen.push(candidate);
                rows.push(candidate.ordinal);
            }
        }
        self.other = query;
        chosen
    }

    fn list_mut(&mut self, level: usize, ordinal: Ordinal) -> Option<&mut Vec<Ordinal>> {
        let list = self.lists.get_mut(level)?;
        let position = list.position(level == 0, ordinal)?;
        list.lists.get_mut(position)
    }

    fn set(&mut self, level: usize, ordinal: Ordinal, neighbours: Vec<Ordinal>) {
        if let Some(list) = self.list_mut(level, ordinal) {
            *list = neighbours;
        }
    }

    /// Levels fall off exponentially by 1 / ln m; the hash stands in for the paper's random source.
    fn level_of(&self, ordinal: Ordinal) -> usize {
        let uniform = (splitmix64(self.seed ^ u64::from(ordinal)) >> 11) as f64 / (1u64 << 53) as f64;
        let level = -libm::log(1.0 - uniform) / libm::log(self.m as f64);
        (level as usize).min(MAX_LEVELS)
    }

    /// Inserts what is missing and writes the sections; none when there is no point.
    #[must_use]
    pub fn finish(mut self) -> Option<GraphParts> {
        while self.insert_next() {}
        let entry = self.entry?;
        let mut levels = self.lists.into_iter();
        let (mut ground_offsets, mut ground_links) = (alloc::vec![0], Vec::new());
        append(levels.next().unwrap_or_default().lists, &mut ground_offsets, &mut ground_links);
        let (mut starts, mut upper_nodes) = (alloc::vec![0u32], Vec::new());
        let (mut upper_offsets, mut upper_links) = (alloc::vec![0], Vec::new());
        for level in levels {
            upper_nodes.extend(level.members);
            starts.push(upper_nodes.len() as u32);
            append(level.lists, &mut upper_offsets, &mut upper_links);
        }
        let header =
            GraphHeader { m: self.m as u32, m0: 2 * self.m as u32, upper_levels: starts.len() as u32 - 1, entry };
        Some(GraphParts {
            header,
            ground_offsets,
            ground_links,
            levels: starts,
            upper_nodes,
            upper_offsets,
            upper_links,
        })
    }
}

fn append(lists: Vec<Vec<Ordinal>>, offsets: &mut Vec<u32>, links: &mut Vec<u32>) {
    for list in lists {
        links.extend(list);
        offsets.push(links.len() as u32);
    }
}
