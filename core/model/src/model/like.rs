//! The points that others are to be like.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::ids::check_point_id;
use crate::json::Document;
use crate::limits::MAX_LIKE;

/// Points by whose vectors to search: near to the mean of some, away from that of others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Like {
    /// Ids of points that hits are to be like, at least one; with those of `not` at most 100.
    pub ids: Vec<String>,
    /// Ids of points that hits are not to be like.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<String>>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub not: Vec<String>,
}

impl Like {
    /// An id, a list of ids, or both lists.
    pub(super) fn read(value: &Value, document: Document) -> Result<Self> {
        if let Some(id) = value.as_str() {
            return Ok(Self { ids: alloc::vec![id.into()], not: Vec::new() });
        }
        if let Value::Array(list) = value {
            let ids: Option<Vec<String>> = list.iter().map(|id| id.as_str().map(String::from)).collect();
            let refused = || {
                document.error("\"like\" is the id of a point, a list of ids, or an object with \"ids\" and \"not\"")
            };
            return Ok(Self { ids: ids.ok_or_else(refused)?, not: Vec::new() });
        }
        let fields = document.object(value).map_err(|e| e.context(format_args!("\"like\"")))?.only(&["ids", "not"])?;
        Ok(Self { ids: fields.texts("ids")?.unwrap_or_default(), not: fields.texts("not")?.unwrap_or_default() })
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.ids.is_empty() {
            let message = "\"like\" names at least one point that hits are to be like: \"ids\" is empty";
            return Err(Error::new(Code::InvalidQuery, message));
        }
        if self.ids.len().saturating_add(self.not.len()) > MAX_LIKE {
            return Err(Error::new(Code::LimitExceeded, format!("\"like\" names at most {MAX_LIKE} points")));
        }
        self.all().try_for_each(|(id, _)| check_point_id(id))
    }

    /// All ids, with whether hits are to be like them.
    pub fn all(&self) -> impl Iterator<Item = (&str, bool)> {
        self.ids.iter().map(|id| (id.as_str(), true)).chain(self.not.iter().map(|id| (id.as_str(), false)))
    }
}
