//! Values with how many points have them.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::columns::Keyword;

/// A value, and how many points have it.
pub(super) struct Counted<'a> {
    pub(super) value: CountedValue<'a>,
    pub(super) count: u32,
}

/// The value. Those of one field are of one kind.
pub(super) enum CountedValue<'a> {
    Number(f64),
    Keyword(Keyword<'a>),
}

impl Counted<'_> {
    /// The number; NaN if it is none.
    pub(super) const fn number(&self) -> f64 {
        if let CountedValue::Number(number) = &self.value { *number } else { f64::NAN }
    }

    /// Whether it is the keyword that is compared by this.
    pub(super) fn has_key(&self, key: &str) -> bool {
        matches!(&self.value, CountedValue::Keyword(keyword) if keyword.key() == key)
    }

    fn order(&self, other: &Self) -> Ordering {
        match (&self.value, &other.value) {
            (CountedValue::Number(a), CountedValue::Number(b)) => a.total_cmp(b),
            (CountedValue::Keyword(a), CountedValue::Keyword(b)) => a.key().cmp(b.key()),
            _ => Ordering::Equal,
        }
    }

    /// Adds a count of the same value. Of two spellings the first by bytes stays.
    fn unite(&mut self, other: Self) {
        self.count += other.count;
        if let (CountedValue::Keyword(held), CountedValue::Keyword(other)) = (&mut self.value, other.value)
            && other.text < held.text
        {
            *held = other;
        }
    }
}

/// Counts by value, from many segments and unpublished points: lists by value, each more than twice as long as the
/// next. So whatever comes is merged a logarithmic number of times.
#[derive(Default)]
pub(super) struct Tally<'a>(Vec<Vec<Counted<'a>>>);

impl<'a> Tally<'a> {
    /// Adds values that ascend, each once.
    pub(super) fn add(&mut self, mut list: Vec<Counted<'a>>) {
        while let Some(last) = self.0.pop_if(|last| last.len() <= list.len().saturating_mul(2)) {
            list = merged(last, list);
        }
        if !list.is_empty() {
            self.0.push(list);
        }
    }

    /// All of them, by value.
    pub(super) fn finish(self) -> Vec<Counted<'a>> {
        self.0.into_iter().rev().reduce(merged).unwrap_or_default()
    }
}

/// Two lists by value as one.
fn merged<'a>(left: Vec<Counted<'a>>, right: Vec<Counted<'a>>) -> Vec<Counted<'a>> {
    if left.is_empty() || right.is_empty() {
        return if left.is_empty() { right } else { left };
    }
    let mut all = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let order = a.order(b);
        let mut next = if order.is_le() { left.next() } else { right.next() };
        if let Some((next, same)) = next.as_mut().zip(right.next_if(|_| order.is_eq())) {
            next.unite(same);
        }
        all.extend(next);
    }
    all.extend(left.chain(right));
    all
}
