//! What goes where memory is short: parts of segments that were used longest ago.

use alloc::format;
use alloc::vec::Vec;

use super::Arriving;
use crate::bytes::ALIGNMENT;
use crate::error::{Code, Error, Result};
use crate::order::sort_numbers;
use crate::parts::Blob;
use crate::segment::Segment;
use crate::snapshot::Snapshot;

impl Arriving {
    /// Says that no search is under way: what was used until now may go where room is needed.
    pub fn idle(&mut self) {
        self.now = self.now.saturating_add(1).min(u32::MAX - 1);
        self.tell_time();
    }

    /// Segments that were opened meanwhile know of no time.
    pub(super) fn tell_time(&self) {
        for open in self.snapshot.iter().flat_map(Snapshot::segments) {
            if let Blob::Parts(parts) = open.segment.blob() {
                parts.set_time(self.now);
            }
        }
    }

    /// Lets parts of segments go, those used longest ago first, until so many bytes more make `held` at most. What
    /// was used since [`Self::idle`] stays, and so do fronts and rows of models; fails with `over_budget` where these
    /// leave no room below the budget, which may be more.
    pub fn make_room(&mut self, bytes: u64, held: u64, budget: u64) -> Result<()> {
        let held = held.min(budget);
        // They may stand behind a few others, so that numbers can be read in place.
        let bytes = bytes.saturating_add(ALIGNMENT as u64);
        let needed = self.held_bytes().saturating_add(bytes);
        if needed <= held {
            return Ok(());
        }
        // An eighth more, so that not each part that comes must look for room.
        let until = self.unused_until(needed.saturating_sub(held - held / 8));
        for index in 0..self.manifest.segments.len() {
            let segment = self.snapshot.as_mut().and_then(|snapshot| snapshot.segment_mut(index));
            if let Some(Blob::Parts(parts)) = segment.map(Segment::blob_mut) {
                parts.drop_unused_since(until);
            }
        }
        let needed = self.held_bytes().saturating_add(bytes);
        if needed <= budget {
            return Ok(());
        }
        let message = format!(
            "what this search needs makes {needed} bytes, the memory budget is {budget}; raise it, or query a server"
        );
        Err(Error::new(Code::OverBudget, message))
    }

    /// Before which time parts were used last that have so many bytes, if there are so many that are not in use.
    fn unused_until(&self, mut bytes: u64) -> u32 {
        let blobs = self.snapshot.iter().flat_map(Snapshot::segments).map(|open| open.segment.blob());
        let parts = blobs.filter_map(|blob| if let Blob::Parts(parts) = blob { Some(parts.uses()) } else { None });
        // As numbers, whose order is that of times.
        let mut uses: Vec<u64> = parts.flatten().map(|(used, bytes)| u64::from(used) << 32 | bytes as u64).collect();
        sort_numbers(&mut uses);
        let mut until = 0;
        for (used, own) in uses.iter().map(|both| ((both >> 32) as u32, both & u64::from(u32::MAX))) {
            if used >= self.now || (bytes == 0 && used >= until) {
                break;
            }
            (bytes, until) = (bytes.saturating_sub(own), used + 1);
        }
        until
    }
}
