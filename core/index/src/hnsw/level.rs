//! One level of a graph in the making.

use alloc::vec::Vec;

use super::search::Lists;
use crate::ids::Ordinal;
use crate::kernel::prefetch;

/// Neighbour lists in rows of equal room: one piece of memory, however many nodes there are.
#[derive(Debug)]
pub(super) struct Level {
    /// Neighbours that a node may have.
    most: usize,
    /// The nodes of an upper level, ascending; none on the ground, where all are.
    members: Option<Vec<Ordinal>>,
    lengths: Vec<u16>,
    links: Vec<Ordinal>,
}

impl Level {
    pub(super) fn ground(nodes: usize, most: usize) -> Self {
        Self { most, members: None, lengths: alloc::vec![0; nodes], links: alloc::vec![0; nodes * most] }
    }

    pub(super) fn upper(members: Vec<Ordinal>, most: usize) -> Self {
        let ground = Self::ground(members.len(), most);
        Self { members: Some(members), ..ground }
    }

    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// The nodes of the level, ascending.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Ordinal> + '_ {
        let node = |row: usize| match &self.members {
            None => row as Ordinal,
            Some(members) => members.get(row).copied().unwrap_or_default(),
        };
        (0..self.lengths.len()).map(node)
    }

    fn row(&self, node: Ordinal) -> Option<usize> {
        match &self.members {
            None => Some(node as usize),
            Some(members) => members.binary_search(&node).ok(),
        }
    }

    pub(super) fn neighbours(&self, node: Ordinal) -> &[Ordinal] {
        let list = || {
            let row = self.row(node)?;
            let start = row * self.most;
            self.links.get(start..start + usize::from(*self.lengths.get(row)?))
        };
        list().unwrap_or_default()
    }

    /// Replaces a list; what goes beyond the room is left out.
    pub(super) fn set(&mut self, node: Ordinal, neighbours: &[Ordinal]) {
        let Some(row) = self.row(node) else { return };
        let count = neighbours.len().min(self.most);
        let start = row * self.most;
        if let (Some(length), Some(room)) = (self.lengths.get_mut(row), self.links.get_mut(start..start + count)) {
            *length = count as u16;
            room.copy_from_slice(neighbours.get(..count).unwrap_or_default());
        }
    }
}

impl Lists for Level {
    #[inline(always)]
    fn of(&self, node: Ordinal) -> impl Iterator<Item = Ordinal> {
        self.neighbours(node).iter().copied()
    }

    #[inline(always)]
    fn soon(&self, node: Ordinal) {
        // Upper levels are small enough to be near.
        if self.members.is_none() {
            let start = node as usize * self.most;
            prefetch(bytemuck::cast_slice(self.links.get(start..start + self.most).unwrap_or_default()));
        }
    }
}
