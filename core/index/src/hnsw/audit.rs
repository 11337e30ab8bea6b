//! What a graph finds.

use super::Graph;
use crate::model::Query;
use crate::probe::{self, Probe};
use crate::quant::Codes;

impl Graph<'_> {
    /// The share of a sample's true neighbours that a walk at the default settings finds.
    pub fn recall(&self, codes: &Codes<'_>, probes: &[Probe]) -> f64 {
        probe::recall(probes, |probe| {
            let found = self.search(codes, &codes.query(&probe.vector), Query::DEFAULT_EF_SEARCH as usize, &|_| true);
            // The point itself is found as well.
            found.candidates.iter().take(1 + probe.neighbours.len()).map(|c| c.ordinal).collect()
        })
    }
}
