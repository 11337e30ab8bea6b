//! The graph as it is read in place.

use alloc::format;

use bytemuck::{Pod, Zeroable};

use super::links::{Links, Neighbours};
use super::navigate::ByCodes;
use super::search::{Lists, Scratch, Walked, search_level};
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::limits::{MAX_LEVELS, MAX_M};
use crate::quant::{CodeQuery, Codes};
use crate::top_k::Candidate;

/// The fixed part of a stored graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct GraphHeader {
    /// Neighbours of a node on an upper level, at most.
    pub m: u32,
    /// Neighbours of a node on the ground level, at most.
    pub m0: u32,
    /// Levels above the ground.
    pub upper_levels: u32,
    /// Where every search starts.
    pub entry: Ordinal,
}

const _: () = assert!(size_of::<GraphHeader>() == 16);

/// A checked view of a stored graph.
#[derive(Debug, Clone, Copy)]
pub struct Graph<'a> {
    header: GraphHeader,
    ground: Links<'a>,
    levels: &'a [u32],
    upper_nodes: &'a [Ordinal],
    upper: Links<'a>,
}

/// The sections of a stored graph.
#[derive(Debug, Clone, Copy)]
pub struct GraphSections<'a> {
    pub header: GraphHeader,
    pub ground_offsets: &'a [u32],
    pub ground_links: &'a [u8],
    pub levels: &'a [u32],
    pub upper_nodes: &'a [u32],
    pub upper_offsets: &'a [u32],
    pub upper_links: &'a [u8],
}

impl<'a> Graph<'a> {
    /// Checks and opens the graph of `nodes` points. Complexity: one pass over all links.
    pub fn new(sections: GraphSections<'a>, nodes: usize) -> Result<Self> {
        let graph = Self::unchecked(sections);
        graph.check(nodes)?;
        Ok(graph)
    }

    /// Opens sections that [`Graph::new`] has accepted before.
    pub const fn unchecked(s: GraphSections<'a>) -> Self {
        Self {
            header: s.header,
            ground: Links { offsets: s.ground_offsets, bytes: s.ground_links },
            levels: s.levels,
            upper_nodes: s.upper_nodes,
            upper: Links { offsets: s.upper_offsets, bytes: s.upper_links },
        }
    }

    fn check(&self, nodes: usize) -> Result<()> {
        let GraphHeader { m, m0, upper_levels, entry } = self.header;
        let bad = |why: &str| Err(Error::corrupt(format!("graph: {why}")));
        if m == 0
            || m as usize > MAX_M
            || m0 as usize > 2 * MAX_M
            || upper_levels as usize > MAX_LEVELS
            || entry as usize >= nodes
        {
            return bad("the header is out of range");
        }
        self.ground.check(0..nodes as Ordinal, m0, nodes, "ground level")?;
        self.upper.check(self.upper_nodes.iter().copied(), m, nodes, "upper levels")?;
        let bounds_ok = self.levels.len() == upper_levels as usize + 1
            && self.levels.first() == Some(&0)
            && self.levels.last().copied() == Some(self.upper_nodes.len() as u32)
            && self.levels.is_sorted();
        if !bounds_ok {
            return bad("the levels do not cover the upper nodes");
        }
        for level in 0..upper_levels as usize {
            let (start, members) = self.level(level);
            if !members.is_sorted_by(|a, b| a < b) || members.last().is_some_and(|&o| o as usize >= nodes) {
                return bad("the nodes of a level are not ascending");
            }
            let strays = (start..)
                .zip(members)
                .flat_map(|(row, &node)| self.upper.of(row, node))
                .any(|o| members.binary_search(&o).is_err());
            if strays {
                return bad("a link leaves its level");
            }
        }
        let top = upper_levels.checked_sub(1).map(|l| self.level(l as usize).1);
        if top.is_some_and(|members| members.binary_search(&entry).is_err()) {
            return bad("the entry is not on the top level");
        }
        Ok(())
    }

    /// First position and members of upper level `level + 1`.
    fn level(&self, level: usize) -> (usize, &'a [Ordinal]) {
        match self.levels.get(level..level + 2) {
            Some(&[from, to]) => (from as usize, self.upper_nodes.get(from as usize..to as usize).unwrap_or_default()),
            _ => (0, &[]),
        }
    }

    /// Finds up to `ef` nearest nodes that `accept` lets through, best first.
    #[must_use]
    pub fn search(&self, codes: &Codes<'_>, query: &CodeQuery, ef: usize, accept: &dyn Fn(Ordinal) -> bool) -> Walked {
        self.search_within(codes, query, (ef, u32::MAX), accept)
    }

    /// The same; it gives up when it has compared about `most` vectors.
    #[must_use]
    pub fn search_within(
        &self,
        codes: &Codes<'_>,
        query: &CodeQuery,
        (ef, most): (usize, u32),
        accept: &dyn Fn(Ordinal) -> bool,
    ) -> Walked {
        let mut compared = 1;
        let score = |o| codes.score(query, o);
        let mut entry = Candidate { score: score(self.header.entry), ordinal: self.header.entry };
        for level in (0..self.header.upper_levels as usize).rev() {
            entry = self.descend(level, entry, &mut compared, score);
        }
        let (mut scratch, mut by_codes) = (Scratch::new(codes.len()), ByCodes::new(codes, query));
        let candidates = search_level(&mut scratch, &[entry], (ef, most), &mut compared, self, &mut by_codes, accept);
        Walked { candidates, compared, gave_up: compared >= most }
    }

    /// The neighbours of a node on the ground.
    #[inline]
    pub(super) fn neighbours(&self, node: Ordinal) -> Neighbours<'a> {
        self.ground.of(node as usize, node)
    }

    /// Walks greedily to the best node of an upper level. It ends because the score rises each step.
    fn descend(
        &self,
        level: usize,
        mut best: Candidate,
        compared: &mut u32,
        score: impl Fn(Ordinal) -> f32,
    ) -> Candidate {
        let (start, members) = self.level(level);
        loop {
            let Ok(row) = members.binary_search(&best.ordinal) else { return best };
            let neighbours = self.upper.of(start + row, best.ordinal);
            let next = neighbours
                .map(|ordinal| {
                    *compared = compared.saturating_add(1);
                    Candidate { score: score(ordinal), ordinal }
                })
                .max();
            match next {
                Some(better) if better > best => best = better,
                _ => return best,
            }
        }
    }
}

impl Lists for Graph<'_> {
    #[inline(always)]
    fn of(&self, node: Ordinal) -> impl Iterator<Item = Ordinal> {
        self.neighbours(node)
    }

    #[inline(always)]
    fn soon(&self, node: Ordinal) {
        self.ground.soon(node as usize);
    }
}
