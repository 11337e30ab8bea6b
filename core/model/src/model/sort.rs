//! In which order hits come.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::FieldType;
use super::geo::GeoPoint;
use crate::error::{Code, Error, Result};
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
pub const SORT_TYPESCRIPT: &str = r#"/** A field to sort by, least first, or "_score", greatest first; or an object with one field and its order, or the place from which distances count. */
export type Sort = string | { [field: string]: "asc" | "desc" | { near: Place, order?: "asc" | "desc" } };
"#;

impl Sort {
    /// What names the score, unless it is a declared field.
    const SCORE: &str = "_score";

    /// Whether it names the score.
    #[must_use]
    pub fn is_by_score(&self) -> bool {
        self.field == Self::SCORE && self.near.is_none()
    }

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
    #[inline(never)]
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
            all.push(Self { field: field.clone(), descending: field == Self::SCORE, near: None });
            return Ok(());
        }
        let fields = document.object(value)?;
        one_field(fields)?;
        for (field, how) in fields.entries() {
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

/// Fails unless an object names one field: not every writer of JSON keeps the order of keys, and not every reader, so
/// which field decides first is for a list to say.
fn one_field(fields: Fields<'_>) -> Result<()> {
    let each: Vec<String> = fields.entries().map(|(field, how)| format!("{{{field:?}: {}}}", order_of(how))).collect();
    match each.len() {
        1 => Ok(()),
        0 => Err(fields
            .document()
            .error("\"sort\" names a field, such as {\"price\": \"asc\"}; found an object without one")),
        _ => Err(fields.document().error(format_args!(
            "\"sort\" by several fields is a list, because the order of an object's keys does not count: [{}]",
            each.join(", ")
        ))),
    }
}

/// What an object says of one field, as advice shows it.
fn order_of(how: &Value) -> &str {
    match how {
        Value::Object(_) => "{\"near\": …}",
        Value::String(order) if order == "desc" => "\"desc\"",
        _ => "\"asc\"",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DOCUMENT: Document = Document::new("query", Code::InvalidQuery);

    fn refusal(value: &Value) -> String {
        let error = Sort::read_all(value, DOCUMENT).unwrap_err();
        assert_eq!(error.code(), Code::InvalidQuery);
        error.message().into()
    }

    #[test]
    fn an_object_of_several_fields_has_no_order() {
        let near = json!({ "near": { "lat": 1, "lon": 2 } });
        for value in [
            json!({ "a": "asc", "b": "desc" }),
            json!(["c", { "a": "asc", "b": "desc" }]),
            json!([{ "a": "asc", "b": "desc" }]),
        ] {
            assert!(refusal(&value).contains(r#"is a list"#), "{value}");
            assert!(refusal(&value).ends_with(r#"[{"a": "asc"}, {"b": "desc"}]"#), "{}", refusal(&value));
        }
        assert!(refusal(&json!({ "at": near, "b": "desc" })).ends_with(r#"[{"at": {"near": …}}, {"b": "desc"}]"#));
        for value in [json!({}), json!([{}]), json!(["a", {}])] {
            assert!(refusal(&value).contains("names a field"), "{value}");
        }
        let list = json!([{ "b": "desc" }, { "a": "asc" }, "c", { "at": near }]);
        let fields: Vec<String> = Sort::read_all(&list, DOCUMENT).unwrap().into_iter().map(|s| s.field).collect();
        assert_eq!(fields, ["b", "a", "c", "at"]);
    }
}
