//! How hits are made to differ.

use alloc::string::String;

use crate::error::{Code, Error, Result};
use crate::json::Fields;
use crate::limits::MAX_DIVERSE;

/// The first hits in another order: each as good as it can be without being like those before it. Maximal marginal
/// relevance (Carbonell and Goldstein, SIGIR 1998).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Diversity {
    /// How much it counts that a hit is unlike those before it, 0 to 1, and its score the rest; 0.5 when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f32>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub weight: f32,
    /// How many of the first hits are put in another order, 1 to 1,000; 100 when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<u32>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub candidates: u32,
    /// By which of the schema's vectors; when absent the one that the query asks by, or the only one.
    pub using: Option<String>,
}

impl Default for Diversity {
    fn default() -> Self {
        Self { weight: 0.5, candidates: 100, using: None }
    }
}

impl Diversity {
    pub(super) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["weight", "candidates", "using"])?;
        let default = Self::default();
        Ok(Self {
            weight: fields.number("weight")?.map_or(default.weight, |n| n as f32),
            candidates: fields.small("candidates", 1..=MAX_DIVERSE)?.unwrap_or(default.candidates),
            using: fields.text("using")?.map(Into::into),
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        let message = if !(0.0..=1.0).contains(&self.weight) {
            "\"diversity.weight\" is 0 to 1".into()
        } else if !(1..=MAX_DIVERSE).contains(&(self.candidates as usize)) {
            alloc::format!("\"diversity.candidates\" is 1 to {MAX_DIVERSE}")
        } else {
            return Ok(());
        };
        Err(Error::new(Code::InvalidQuery, message))
    }
}
