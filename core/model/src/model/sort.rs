//! In which order hits come, and of which version.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::geo::GeoPoint;
use super::{FieldType, datetime};
use crate::error::{Code, Error, Result};
use crate::ids::Version;
use crate::json::{Document, Fields};

/// One of the fields by which hits are sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    /// A declared field.
    pub field: String,
    /// Greatest first.
    pub descending: bool,
    /// Of a place: the distance from here is what counts.
    pub near: Option<GeoPoint>,
}

/// The same as a TypeScript type; it stands here so that reader and type change together.
#[cfg(feature = "typescript")]
pub const SORT_TYPESCRIPT: &str = r#"/** A field to sort by, least first; or fields with an order, or with a place from which distances count. */
export type Sort = string | { [field: string]: "asc" | "desc" | { near: Place, order?: "asc" | "desc" } };
"#;

impl Sort {
    /// Fails unless a field of this type can be sorted so.
    pub fn check(&self, kind: FieldType) -> Result<()> {
        match (kind, self.near) {
            (FieldType::Geo, None) => Err(Error::new(
                Code::TypeMismatch,
                format!("\"sort\": {:?} is a place; say from where: {{\"near\": {{\"lat\", \"lon\"}}}}", self.field),
            )),
            (FieldType::Geo, Some(_)) | (_, None) => Ok(()),
            _ => Err(Error::new(Code::TypeMismatch, format!("\"sort\": {:?} is no place to be near to", self.field))),
        }
    }

    /// One of these, or a list.
    pub(super) fn read_all(value: &Value, document: Document) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        match value {
            Value::Array(list) => list.iter().try_for_each(|item| Self::read(item, document, &mut all))?,
            single => Self::read(single, document, &mut all)?,
        }
        Ok(all)
    }

    fn read(value: &Value, document: Document, all: &mut Vec<Self>) -> Result<()> {
        if let Value::String(field) = value {
            all.push(Self { field: field.clone(), descending: false, near: None });
            return Ok(());
        }
        for (field, how) in document.object(value)?.entries() {
            let (order, near) = match how {
                Value::Object(_) => {
                    let fields = document.object(how)?.only(&["near", "order"])?;
                    let near = fields.required("near", |f, n| Ok(f.value(n)))?;
                    (fields.text("order")?, Some(GeoPoint::asked(near, document)?))
                }
                other => (other.as_str().or(Some("")), None),
            };
            let descending = match order {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Err(document.error("\"sort\" takes \"asc\" or \"desc\" for a field")),
            };
            all.push(Self { field: field.clone(), descending, near });
        }
        Ok(())
    }
}

/// Which version of a collection is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AsOf {
    /// The one with this number.
    Version(Version),
    /// The last one that was published by then, in milliseconds since 1970.
    Time(f64),
}

impl AsOf {
    pub(super) fn read(fields: Fields<'_>, name: &str) -> Result<Option<Self>> {
        let Some(value) = fields.value(name) else { return Ok(None) };
        let version = value.as_u64().map(Self::Version);
        let time = || value.as_str().and_then(datetime::parse).map(Self::Time);
        version.or_else(time).map(Some).ok_or_else(|| {
            fields
                .document()
                .error(format_args!("{name:?} is the number of a version, or a time such as \"2026-05-01T12:00:00Z\""))
        })
    }
}
