//! What a search steers by.

use alloc::vec::Vec;
use core::borrow::Borrow;

use crate::ids::Ordinal;
use crate::quant::{CodeQuery, Codes, OneBitRowQuery, OneBitRows, Scores};

/// Scores nodes for one query.
pub(super) trait Scorer {
    /// The scores of nodes, in the order of `rows`.
    fn score_rows(&mut self, rows: &[Ordinal]) -> &[f32];
}

/// A scorer whose query is one of the nodes.
pub(super) trait Navigator: Scorer {
    /// Makes a node the query.
    fn aim(&mut self, node: Ordinal);
}

/// By the codes that also rank hits and choose edges. `Q` is a query, or a reference to the caller's.
pub(super) struct ByCodes<'a, Q> {
    codes: &'a Codes<'a>,
    query: Q,
    values: Vec<i16>,
    scores: Scores,
}

impl<'a, Q: Borrow<CodeQuery>> ByCodes<'a, Q> {
    pub(super) fn new(codes: &'a Codes<'a>, query: Q) -> Self {
        Self { codes, query, values: Vec::new(), scores: Scores::default() }
    }
}

impl<Q: Borrow<CodeQuery>> Scorer for ByCodes<'_, Q> {
    #[inline(always)]
    fn score_rows(&mut self, rows: &[Ordinal]) -> &[f32] {
        self.codes.score_rows(self.query.borrow(), rows, &mut self.scores)
    }
}

impl Navigator for ByCodes<'_, CodeQuery> {
    fn aim(&mut self, node: Ordinal) {
        self.codes.query_of(node, &mut self.values, &mut self.query);
    }
}

/// By 1-bit codes, which say about what the others do.
pub(super) struct ByOneBit<'a> {
    codes: &'a Codes<'a>,
    rows: &'a OneBitRows<'a>,
    vector: Vec<f32>,
    query: OneBitRowQuery,
}

impl<'a> ByOneBit<'a> {
    pub(super) fn new(codes: &'a Codes<'a>, rows: &'a OneBitRows<'a>) -> Self {
        Self { codes, rows, vector: Vec::new(), query: OneBitRowQuery::default() }
    }
}

impl Scorer for ByOneBit<'_> {
    #[inline(always)]
    fn score_rows(&mut self, rows: &[Ordinal]) -> &[f32] {
        self.rows.score_rows(rows, &mut self.query)
    }
}

impl Navigator for ByOneBit<'_> {
    fn aim(&mut self, node: Ordinal) {
        self.vector.clear();
        self.vector.extend(self.codes.decode(node));
        self.rows.aim(&self.vector, &mut self.query);
    }
}
