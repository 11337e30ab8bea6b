//! The code that points most nearly where a residual does (arXiv 2409.09913, section 3.2).
//!
//! Components of a code are odd numbers up to a largest one, of which the signs are those of the residual. As the
//! residual grows, its components pass from one odd number to the next; one of the codes on the way has the greatest
//! cosine, so each is tried, by what it changes.

use alloc::vec::Vec;

use crate::order::{Key, sort_keys};

/// Memory that codes are found in.
#[derive(Debug, Clone, Default)]
pub(in crate::quant) struct CodeFinder {
    /// How long the residual must be for a component to reach its next number, as bits, and the component.
    steps: Vec<Key>,
    /// The numbers without signs.
    pub(in crate::quant) numbers: Vec<u8>,
}

impl CodeFinder {
    /// Finds the numbers of a residual's code. Complexity: O(s log s), with s = d (2^(bits - 1) - 1).
    pub(in crate::quant) fn find(&mut self, residual: &[f32], bits: u32) {
        self.numbers.clear();
        self.numbers.resize(residual.len(), 1);
        self.steps.clear();
        let steps = (1u32 << (bits - 1)) - 1;
        if steps == 0 {
            return;
        }
        for (component, &r) in (0..).zip(residual).filter(|(_, r)| **r != 0.0) {
            self.steps.extend((1..=steps).map(|step| (u64::from(((2 * step) as f32 / r.abs()).to_bits()), component)));
        }
        // Floats above zero are in the order of their bits.
        sort_keys(&mut self.steps);
        // As f64: the squares of what a component may be are beyond f32.
        let mut along: f64 = residual.iter().map(|r| f64::from(r.abs())).sum();
        let mut squared = residual.len() as f64;
        let (mut best, mut taken) = (along * along / squared, 0);
        for (place, &(_, component)) in (1..).zip(&self.steps) {
            let Some((number, r)) = self.numbers.get_mut(component as usize).zip(residual.get(component as usize))
            else {
                continue;
            };
            squared += f64::from(4 * *number + 4);
            along += 2.0 * f64::from(r.abs());
            *number += 2;
            if along * along / squared > best {
                (best, taken) = (along * along / squared, place);
            }
        }
        for &(_, component) in self.steps.iter().skip(taken) {
            self.numbers.get_mut(component as usize).into_iter().for_each(|number| *number -= 2);
        }
    }
}
