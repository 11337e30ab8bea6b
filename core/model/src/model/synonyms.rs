//! Texts that mean the same, in a schema or a query.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::error::{Code, Result};
use crate::json::Document;
use crate::limits::{MAX_SYNONYM_BYTES, MAX_SYNONYM_TEXTS};

const DOCUMENT: Document = Document::new("synonym", Code::InvalidSchema);

/// A rule: who types one text finds others too.
///
/// ```
/// use headwater_model::model::Schema;
///
/// let schema = br#"{"text": {"title": {}}, "synonyms": [["tv", "television"], {"from": ["ny"], "to": ["new york"]}]}"#;
/// let schema = Schema::from_json(schema)?;
/// assert_eq!(schema.synonyms[0].to, None);
/// assert_eq!(schema.synonyms[1].to.as_deref(), Some(&["new york".to_string()][..]));
/// # Ok::<(), headwater_model::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synonym {
    /// What is typed.
    pub from: Vec<String>,
    /// What each of them finds besides; when absent, all the others of `from`.
    pub to: Option<Vec<String>>,
}

/// The same as a TypeScript type.
#[cfg(feature = "typescript")]
pub const SYNONYM_TYPESCRIPT: &str = r#"/** Texts that mean the same; or, one way only, what is typed and what it finds besides. */
export type Synonym = string[] | { from: string[], to: string[] };
"#;

impl Synonym {
    #[inline(never)]
    pub(super) fn read_all(list: &[Value], document: Document) -> Result<Vec<Self>> {
        list.iter().map(|rule| Self::read(rule, document)).collect()
    }

    fn read(rule: &Value, document: Document) -> Result<Self> {
        if let Value::Array(list) = rule {
            let texts: Option<Vec<String>> = list.iter().map(|text| text.as_str().map(String::from)).collect();
            let from =
                texts.ok_or_else(|| document.error("a synonym is a list of texts, or has \"from\" and \"to\""))?;
            return Ok(Self { from, to: None });
        }
        let fields = document.object(rule)?.only(&["from", "to"])?;
        let from = fields.required("from", |fields, name| fields.texts(name))?;
        Ok(Self { from, to: Some(fields.required("to", |fields, name| fields.texts(name))?) })
    }

    /// Checks rules, of which there may be so many.
    #[inline(never)]
    pub(super) fn check_all(rules: &[Self], most: usize, document: Document) -> Result<()> {
        if rules.len() > most {
            return Err(document.error(format_args!("\"synonyms\" has at most {most} rules")));
        }
        for (index, Self { from, to }) in rules.iter().enumerate() {
            let wrong = |what: &str| Err(document.error(format_args!("\"synonyms\", rule {}: {what}", index + 1)));
            let others = to.as_deref().unwrap_or_default();
            if from.len() < if to.is_none() { 2 } else { 1 } || to.as_ref().is_some_and(Vec::is_empty) {
                return wrong("two texts or more, one in \"from\" and one in \"to\" where it goes one way only");
            }
            if from.len() + others.len() > MAX_SYNONYM_TEXTS {
                return Err(document.error(format_args!("a synonym has at most {MAX_SYNONYM_TEXTS} texts")));
            }
            for text in from.iter().chain(others) {
                // What signs beyond ASCII are, the text analysis knows; most are letters, and emoji are words too.
                let has_words = text.bytes().any(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
                if !has_words || text.len() > MAX_SYNONYM_BYTES {
                    return Err(document.error(format_args!(
                        "a text of a synonym has a word, and at most {MAX_SYNONYM_BYTES} bytes: {text:?}"
                    )));
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Synonym {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        match &self.to {
            None => self.from.serialize(serializer),
            Some(to) => serializer.collect_map([("from", &self.from), ("to", to)]),
        }
    }
}

impl<'de> Deserialize<'de> for Synonym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let rule = Value::deserialize(deserializer)?;
        Self::read(&rule, DOCUMENT).map_err(|e| serde::de::Error::custom(e.message()))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::super::{Match, Query, Schema};
    use super::*;

    fn schema(synonyms: &str) -> Result<Schema> {
        Schema::from_json(format!(r#"{{"text": {{"title": {{}}}}, "synonyms": {synonyms}}}"#).as_bytes())
    }

    fn asked(synonyms: &str) -> Result<Match> {
        let query = format!(r#"{{"match": {{"query": "tv", "synonyms": {synonyms}}}}}"#);
        let query = Query::from_json(query.as_bytes())?;
        query.check()?;
        Ok(query.r#match.unwrap().remove(0))
    }

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rules_are_read_and_written_as_they_are_given() {
        let rules = r#"[["tv","television"],{"from":["ny","nyc"],"to":["new york"]}]"#;
        let both = Synonym { from: list(&["tv", "television"]), to: None };
        let one_way = Synonym { from: list(&["ny", "nyc"]), to: Some(list(&["new york"])) };
        let wanted = alloc::vec![both, one_way];
        let schema = schema(rules).unwrap();
        assert_eq!(schema.synonyms, wanted);
        let text = serde_json::to_string(&schema).unwrap();
        assert!(text.ends_with(&format!(r#""synonyms":{rules}}}"#)), "{text}");
        assert_eq!(serde_json::from_str::<Schema>(&text).unwrap(), schema);
        assert_eq!(Schema::from_json(text.as_bytes()).unwrap(), schema);
        assert_eq!(asked(rules).unwrap().synonyms, Some(wanted));
    }

    #[test]
    fn without_rules_a_schema_is_written_as_before() {
        let none = Schema::from_json(br#"{"text": {"title": {}}}"#).unwrap();
        assert_eq!(schema("[]").unwrap(), none);
        assert!(!serde_json::to_string(&none).unwrap().contains("synonyms"));
    }

    #[test]
    fn a_query_has_its_own_rules_or_none_or_those_of_the_schema() {
        assert_eq!(asked("true").unwrap().synonyms, None);
        assert_eq!(asked("null").unwrap().synonyms, None);
        assert_eq!(asked("false").unwrap().synonyms, Some(Vec::new()));
        assert_eq!(asked("[]").unwrap().synonyms, Some(Vec::new()));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let long = "x ".repeat(300);
        let many = serde_json::to_string(&alloc::vec!["x"; MAX_SYNONYM_TEXTS + 1]).unwrap();
        for (rules, says) in [
            (r#"["tv"]"#, "expected an object"),
            (r#"[["tv", 1]]"#, "a list of texts"),
            (r#"[["tv"]]"#, "rule 1: two texts"),
            (r#"[["tv", "television"], []]"#, "rule 2: two texts"),
            (r#"[{"from": ["tv"]}]"#, "\"to\" is missing"),
            (r#"[{"from": ["tv"], "to": []}]"#, "rule 1: two texts"),
            (r#"[{"from": [], "to": ["tv"]}]"#, "rule 1: two texts"),
            (r#"[{"from": ["tv"], "to": ["x"], "both": true}]"#, "unknown field \"both\""),
            (r#"[{"from": "tv", "to": ["x"]}]"#, "\"from\" is not a list"),
            (r#"[["tv", " - "]]"#, "has a word"),
            (&format!(r#"[["tv", "{long}"]]"#), "at most 256 bytes"),
            (&format!("[{many}]"), "at most 32 texts"),
        ] {
            let (of_schema, of_query) = (schema(rules).unwrap_err(), asked(rules).unwrap_err());
            assert_eq!((of_schema.code(), of_query.code()), (Code::InvalidSchema, Code::InvalidQuery), "{rules}");
            for said in [of_schema, of_query] {
                assert!(said.message().contains(says), "{rules}: {said}");
            }
        }
        for wrong in ["\"tv\"", "1", "{}"] {
            assert!(schema(wrong).unwrap_err().message().contains("\"synonyms\" is not a list"), "{wrong}");
            assert!(asked(wrong).unwrap_err().message().contains("true, false, or a list"), "{wrong}");
        }
    }

    #[test]
    fn there_are_so_many_rules_and_no_more() {
        let rules = |count: usize| serde_json::to_string(&alloc::vec![["a", "b"]; count]).unwrap();
        assert_eq!(schema(&rules(1000)).unwrap().synonyms.len(), 1000);
        assert!(schema(&rules(1001)).unwrap_err().message().contains("at most 1000 rules"));
        assert_eq!(asked(&rules(100)).unwrap().synonyms.unwrap().len(), 100);
        assert!(asked(&rules(101)).unwrap_err().message().contains("at most 100 rules"));
    }
}
