//! One hit for each value of a field, or a group of them.

use alloc::string::String;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};
use crate::limits::{MAX_GROUP_HITS, MAX_TOP_K};

/// A field whose values hits do not share: its name, or this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Collapse {
    /// The field.
    pub field: String,
    /// How many hits of each value stand in the group inside its first hit, 1 to 10; 3 when absent.
    pub hits: Option<u32>,
}

impl Collapse {
    /// Hits of a group when `hits` is absent, as elsewhere.
    const DEFAULT_HITS: u32 = 3;

    /// Without groups: the first hit of each value is all that stays.
    #[must_use]
    pub fn by(field: impl Into<String>) -> Self {
        Self { field: field.into(), hits: None }
    }

    #[inline(never)]
    pub(super) fn read(value: &Value, document: Document) -> Result<Self> {
        if let Some(field) = value.as_str() {
            return Ok(Self::by(field));
        }
        let wrong = || document.error("\"collapse\" is the name of a field, or an object with \"field\" and \"hits\"");
        let fields = document.object(value).map_err(|_| wrong())?.only(&["field", "hits"])?;
        let hits = fields.small("hits", 1..=MAX_GROUP_HITS)?.unwrap_or(Self::DEFAULT_HITS);
        Ok(Self { field: fields.required("field", Fields::text)?.into(), hits: Some(hits) })
    }

    /// Checks it beside the number of hits that a query asks for.
    pub(super) fn check(&self, top_k: usize) -> Result<()> {
        let Some(hits) = self.hits else { return Ok(()) };
        if hits == 0 || hits as usize > MAX_GROUP_HITS {
            let message = alloc::format!("\"collapse.hits\" is 1 to {MAX_GROUP_HITS}");
            return Err(Error::new(Code::InvalidQuery, message));
        }
        if top_k.saturating_mul(hits as usize) > MAX_TOP_K {
            let message = alloc::format!(
                "\"topK\" times \"collapse.hits\" is at most {MAX_TOP_K}; ask for fewer groups, or for fewer hits of each"
            );
            return Err(Error::new(Code::LimitExceeded, message));
        }
        Ok(())
    }
}
