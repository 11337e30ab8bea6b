//! Codes of 8 or 4 bits a component, a row each.
//!
//! | file | job |
//! | --- | --- |
//! | `builder` | encodes vectors |
//! | `view` | compares a query with codes |
//! | `planes` | the same with codes that stand bit by bit |

mod builder;
mod planes;
mod view;

use bytemuck::{Pod, Zeroable};

pub use self::builder::{CodeParts, ScalarBuilder};
pub use self::planes::{PlaneQuery, numbers_in_planes};
pub use self::view::{CodeQuery, CodeSections, Codes, Scores};
use crate::model::{Metric, Tier};

/// What the width of a code decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// A byte a component: that many steps above or below 128.
    Eight,
    /// A nibble a component, of which the odd numbers from -15 to 15 are made (RaBitQ with the origin as its centroid):
    /// byte `i` of a code holds component `i` below and component `i + dim / 2` above, so that both halves unpack
    /// without shuffling.
    Four,
}

impl Width {
    const fn of(tier: Tier) -> Self {
        match tier {
            Tier::U8 => Self::Eight,
            Tier::U4 => Self::Four,
        }
    }

    const fn bits(self) -> u32 {
        match self {
            Self::Eight => 8,
            Self::Four => 4,
        }
    }

    /// Steps of a component for each step of its code, and what is taken off then.
    const fn steps(self) -> (i16, i16) {
        match self {
            Self::Eight => (1, 128),
            Self::Four => (2, 15),
        }
    }

    /// Bytes of a code.
    const fn bytes(self, dim: usize) -> usize {
        dim * self.bits() as usize / 8
    }
}

/// The least that a step is: the inverse of a subnormal one would be infinite.
pub const LEAST_STEP: f32 = f32::MIN_POSITIVE * 1e6;
/// The greatest number that a factor is: with the greatest vectors none comes near it, and no score made with it is
/// infinity less infinity.
const GREATEST_FACTOR: f32 = 1e36;

/// Whether a number is one that a factor may be.
#[inline(always)]
pub(crate) fn is_factor(number: f32) -> bool {
    number.abs() <= GREATEST_FACTOR
}

/// Steps of an 8-bit code on either side of zero.
const STEPS_8: f32 = 127.0;

/// Parameters of a segment's codes, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct ScalarParameters {
    /// Components of a rotated vector.
    dim: u32,
    metric: u32,
    /// Bits of a component: 8 or 4.
    bits: u32,
    /// Points that have no such vector.
    pub absent: u32,
}

const _: () = assert!(size_of::<ScalarParameters>() == 16);

impl ScalarParameters {
    /// Components of a rotated vector.
    #[must_use]
    pub const fn dim(&self) -> u32 {
        self.dim
    }

    /// Whether they are of so many components, of this metric and of so many bits.
    pub(crate) fn fit(&self, dim: usize, metric: Metric, bits: u32) -> bool {
        self.dim as usize == dim && self.metric == metric_code(metric) && self.bits == bits
    }

    /// The same of codes with so many bits.
    #[must_use]
    pub const fn with_bits(self, bits: u32) -> Self {
        Self { bits, ..self }
    }

    /// The width of the codes; of one that does not exist any, which codes then do not fit.
    #[must_use]
    pub const fn tier(self) -> Tier {
        if self.bits == Width::Four.bits() { Tier::U4 } else { Tier::U8 }
    }
}

const fn metric_code(metric: Metric) -> u32 {
    match metric {
        Metric::Cosine => 0,
        Metric::Dot => 1,
        Metric::L2 => 2,
    }
}

/// Factors stored with each vector.
const fn factors_of(metric: Metric) -> usize {
    match metric {
        Metric::Cosine | Metric::Dot => 1,
        Metric::L2 => 2,
    }
}
