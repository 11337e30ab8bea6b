//! Factors of scores: docs/ranking.md, "Boosts".

use alloc::vec::Vec;

use super::clauses::Clauses;
use super::field::{Field, Pick, Value};
use super::ranked::{Place, Ranked, Share};
use super::scope::Scope;
use crate::columns::{Bitmap, Bound, CheckedFilter, meters_to_nearest};
use crate::error::{Code, Error, Result};
use crate::model::{BoostBy, Decay, FieldType, From};
use crate::parts::Gaps;

/// The boosts of a query.
pub(super) struct Boosts<'a> {
    factors: Vec<Factor<'a>>,
    /// Whether they are all that the order is made of, because nothing is searched for.
    are_alone: bool,
}

struct Factor<'a> {
    by: By<'a>,
    weight: f32,
}

enum By<'a> {
    /// Points that pass, by segment, and the filter for others.
    Filter(Vec<Bitmap>, CheckedFilter),
    Log(Field<'a>),
    Saturation(Field<'a>, f64),
    Decay(Field<'a>, Decay),
}

impl<'a> Boosts<'a> {
    /// Checks the fields, and finds what passes filters.
    pub(super) fn new(scope: &Scope<'a>, clauses: &Clauses) -> Result<Self> {
        let mut factors = Vec::new();
        for boost in scope.query.boosts.iter().flatten() {
            factors.push(Factor { by: By::new(scope, &boost.by)?, weight: boost.weight });
        }
        Ok(Self { factors, are_alone: clauses.all().is_empty() })
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.factors.is_empty()
    }

    /// Multiplies scores. Where they are below 0, what makes others greater makes them less.
    pub(super) fn apply(&self, found: &mut [Ranked<'_>]) -> Result<()> {
        for ranked in found.iter_mut().filter(|_| !self.is_empty()) {
            if self.are_alone {
                ranked.score = 1.0;
            } else if ranked.shares.is_empty() {
                // What its only part gave it is told without boosts.
                ranked.shares.push(Share { score: Some(ranked.score), adds: ranked.score });
            }
            let mut product = 1.0;
            for factor in &self.factors {
                product *= factor.of(&ranked.place)?;
            }
            ranked.score = if ranked.score < 0.0 { ranked.score / product } else { ranked.score * product };
        }
        Ok(())
    }
}

impl<'a> By<'a> {
    fn new(scope: &Scope<'a>, by: &'a BoostBy) -> Result<Self> {
        let field = |name: &'a str, wants_place: bool| {
            let field = Field::new(scope, "boosts", name)?;
            let what = match (field.kind(), wants_place) {
                (FieldType::Geo, true) => return Ok(field),
                (FieldType::Integer | FieldType::Float | FieldType::Datetime, false) => return Ok(field),
                (FieldType::Geo, false) => "has places: it takes a \"decay\" \"from\" a place",
                (_, true) => "holds no places",
                (_, false) => "holds neither numbers nor datetimes",
            };
            Err(Error::new(Code::TypeMismatch, alloc::format!("\"boosts\": the field {name:?} {what}")))
        };
        Ok(match by {
            BoostBy::Log(name) => Self::Log(field(name, false)?),
            BoostBy::Saturation(name, pivot) => Self::Saturation(field(name, false)?, *pivot),
            BoostBy::Decay(name, decay) => Self::Decay(field(name, matches!(decay.from, From::Place(_)))?, *decay),
            BoostBy::Filter(filter) => {
                let filter = CheckedFilter::new(filter, &scope.snapshot.schema)?;
                let (mut passing, mut gaps) = (Vec::new(), Gaps::default());
                for open in &scope.snapshot.segments {
                    let Some(columns) = gaps.pass(open.segment.columns_for(&filter))? else { continue };
                    let bound = Bound::new(&filter, open.segment.indexed(&columns))?;
                    passing.push(bound.bitmap(open.segment.points()));
                }
                gaps.close()?;
                Self::Filter(passing, filter)
            }
        })
    }
}

impl Factor<'_> {
    fn of(&self, place: &Place) -> Result<f32> {
        let share = match &self.by {
            By::Filter(passing, filter) => {
                let passes = match place {
                    Place::Segment(index, ordinal) => passing.get(*index).is_some_and(|set| set.contains(*ordinal)),
                    Place::Memtable(point, _) => filter.passes(point.unpublished())?,
                };
                return Ok(if passes { self.weight } else { 1.0 });
            }
            By::Log(field) => number(field, place)?.map(|n| libm::logf(1.0 + n.max(0.0) as f32)),
            By::Saturation(field, pivot) => number(field, place)?.map(|n| (n.max(0.0) / (n.max(0.0) + pivot)) as f32),
            By::Decay(field, decay) => {
                let distance = match (decay.from, field.value(place, Pick::Greatest)?) {
                    (From::Number(from), Value::Number(n)) => Some((n - from).abs()),
                    (From::Place(from), Value::Places(places)) => meters_to_nearest(&places, from),
                    _ => None,
                };
                distance.map(|d| libm::exp2f(-((d - decay.offset).max(0.0) / decay.scale) as f32))
            }
        };
        Ok(1.0 + self.weight * share.unwrap_or(0.0))
    }
}

/// The greatest number of a point.
fn number(field: &Field<'_>, place: &Place) -> Result<Option<f64>> {
    Ok(match field.value(place, Pick::Greatest)? {
        Value::Number(n) => Some(n),
        _ => None,
    })
}
