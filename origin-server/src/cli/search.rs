//! `headwater search`.

use clap::{Args, ValueEnum};
use headwater_core::error::{Code, Error, Result};
use headwater_core::model::{Answer, CollectionStatus, Hit, Schema};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::terminal::{say, visible};
use super::{Server, path_of};
use crate::client::Client;
use crate::counted::counted;

/// Characters of an id before the columns behind it shift.
const MAX_ID_COLUMNS: usize = 40;
/// Characters of a payload in a table.
const MAX_PAYLOAD_COLUMNS: usize = 160;

#[derive(Args)]
#[command(after_help = r#"Examples:
  headwater search "wild cats" --collection words -k 5
  headwater search "samll cats" --collection words --fuzzy
  headwater search --collection words --json '{"match": {"query": "ca", "prefix": true}, "topK": 3}'"#)]
pub(super) struct Options {
    /// A text to search for.
    #[arg(required_unless_present = "json")]
    text: Option<String>,
    /// A whole query instead: {"vector": […], "filter": …, "topK": 10}.
    #[arg(long, conflicts_with = "text")]
    json: Option<String>,
    /// Collection to search.
    #[arg(long, short)]
    collection: String,
    /// What to search by. Without it by meaning, where the collection has a model, else by words.
    #[arg(long, value_enum, conflicts_with = "json")]
    by: Option<By>,
    /// Which of several vectors is compared.
    #[arg(long, conflicts_with = "json")]
    using: Option<String>,
    /// Finds misspelt words as well; this is by words.
    #[arg(long, conflicts_with = "json")]
    fuzzy: bool,
    /// Hits.
    #[arg(long, short = 'k', default_value_t = 10, conflicts_with = "json")]
    top_k: u32,
    #[command(flatten)]
    server: Server,
}

/// What a text is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// The collection's model.
    Meaning,
    /// The words of its text fields.
    Words,
    /// Both, fused.
    Both,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let client = Client::new(&options.server.url, options.server.token.clone())?;
    let path = path_of(&options.collection)?;
    let query = match (&options.json, &options.text) {
        (Some(json), _) => json.clone(),
        (None, Some(text)) if !text.trim().is_empty() => {
            let status: CollectionStatus = client.json(client.request(Method::GET, &path)).await?;
            options.query(text, &status.schema)?.to_string()
        }
        (None, _) => {
            let message = "there is nothing to search for: name a text, or a whole query with --json";
            return Err(Error::new(Code::InvalidQuery, message));
        }
    };
    let request = client.request(Method::POST, &format!("{path}/search")).header("content-type", "application/json");
    let answer: Answer = client.json(request.body(query)).await?;
    table(&answer.hits).iter().for_each(say);
    say(format_args!(
        "{} from {} in {} µs, version {}, lsn {}",
        counted(answer.hits.len() as u64, "hit"),
        answer.answered_by.as_str(),
        answer.took_us,
        answer.version,
        answer.lsn
    ));
    Ok(())
}

impl Options {
    /// The query for a text, as far as the schema can answer it.
    fn query(&self, text: &str, schema: &Schema) -> Result<Value> {
        let embedded: Vec<&str> =
            schema.vectors.iter().filter(|(_, v)| v.embed.is_some()).map(|(name, _)| name.as_str()).collect();
        let (has_model, has_words) = (!embedded.is_empty(), !schema.text.is_empty());
        let name = &self.collection;
        let impossible = |message: String| Err(Error::new(Code::InvalidQuery, message));
        let by = match self.by {
            Some(by) => by,
            None if self.fuzzy && has_words => By::Words,
            None if has_model => By::Meaning,
            None if has_words => By::Words,
            None => {
                return impossible(format!(
                    "{name:?} has neither a model nor text fields, so a text finds nothing in it; ask by a vector: \
                     headwater search --collection {name} --json '{{\"vector\": [0.1, …]}}'"
                ));
            }
        };
        if by != By::Words && !has_model {
            return impossible(format!(
                "{name:?} has no model to search by meaning; use --by words, or --json with a vector"
            ));
        }
        if by != By::Meaning && !has_words {
            return impossible(format!("{name:?} has no text fields to search by words; use --by meaning"));
        }
        if by == By::Words && self.using.is_some() {
            return impossible(
                "--using names a vector, and this is by words: use --by meaning or --by both".to_owned(),
            );
        }
        if by == By::Meaning && self.fuzzy {
            return impossible("--fuzzy is for words: use --by words or --by both".to_owned());
        }
        let mut query = Map::from_iter([("topK".to_owned(), json!(self.top_k))]);
        if by != By::Words {
            query.insert("text".to_owned(), json!(text));
            match (&self.using, embedded.as_slice()) {
                (Some(using), _) => drop(query.insert("using".to_owned(), json!(using))),
                (None, [only]) if schema.vectors.len() > 1 => drop(query.insert("using".to_owned(), json!(only))),
                (None, [_]) => {}
                (None, several) => {
                    return impossible(format!("{name:?} has several models; say --using with one of {several:?}"));
                }
            }
        }
        if by != By::Meaning {
            query.insert("match".to_owned(), json!({ "query": text, "fuzzy": self.fuzzy }));
        }
        Ok(Value::Object(query))
    }
}

/// Hits as lines: score, id, payload.
fn table(hits: &[Hit]) -> Vec<String> {
    let ids: Vec<_> = hits.iter().map(|hit| visible(&hit.id)).collect();
    let widest = ids.iter().map(|id| id.chars().count()).max().unwrap_or_default().min(MAX_ID_COLUMNS);
    let line = |(hit, id): (&Hit, &std::borrow::Cow<'_, str>)| {
        // In the order and with the numbers that were given.
        let member = |(name, value): (&str, &str)| match serde_json::from_str(value) {
            Ok(Value::Number(_)) | Err(_) => format!("{}: {value}", name_of(name)),
            Ok(value) => format!("{}: {}", name_of(name), plain(&value)),
        };
        let fields: Vec<String> = hit.payload.members().map(member).collect();
        let mut shown = visible(&fields.join(" · ")).into_owned();
        if let Some((end, _)) = shown.char_indices().nth(MAX_PAYLOAD_COLUMNS) {
            shown.truncate(end);
            shown.push('…');
        }
        format!("{:>8.4}  {id:<widest$}  {shown}", hit.score)
    };
    hits.iter().zip(&ids).map(line).collect()
}

/// A name as it was given, of its JSON.
fn name_of(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}

/// A value as a person reads it, on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use headwater_core::model::PayloadText;

    use super::*;

    fn hit(id: &str, score: f32, payload: &Value) -> Hit {
        let payload = PayloadText::parse(payload.to_string()).unwrap();
        Hit { id: id.into(), score, pinned: false, highlights: None, snippets: None, parts: None, group: None, payload }
    }

    #[test]
    fn hits_stand_in_columns_on_one_line_each() {
        let lines = table(&[
            hit("noun-1", 0.91, &json!({ "gloss": "a small\nwild  cat", "lemmas": ["cat", "lynx"], "senses": 2 })),
            hit("n", -0.5, &json!({ "gloss": "é".repeat(500) })),
        ]);
        assert_eq!(lines[0], "  0.9100  noun-1  gloss: a small wild cat · lemmas: cat, lynx · senses: 2");
        assert!(lines[1].starts_with(" -0.5000  n       gloss: éé") && lines[1].ends_with("é…"), "{}", lines[1]);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_hit_stays_on_its_line_whatever_is_stored_in_it() {
        let evil = "cat \u{1b}[2J\u{202e}gnp\u{2028}\u{9b}5m";
        let lines = table(&[hit("a\u{202e}b", 1.0, &json!({ "k\n\u{1b}[31m": evil })), hit("c", 1.0, &json!({}))]);
        assert_eq!(lines[0], "  1.0000  a\\u{202e}b  k\\u{a}\\u{1b}[31m: cat \\u{1b}[2J\\u{202e}gnp \\u{9b}5m");
        assert!(lines[1].starts_with("  1.0000  c           "), "columns are counted as they are seen");
    }

    #[test]
    fn the_schema_says_what_a_text_is_compared_by() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            options: Options,
        }
        let query = |arguments: &[&str], schema: &str| {
            let line = [&["search", "cat", "-c", "c"][..], arguments].concat();
            let Line { options } = clap::Parser::parse_from(line);
            options.query("cat", &Schema::from_json(schema.as_bytes()).unwrap()).map_err(|e| e.message().to_owned())
        };
        let words = r#"{"text": {"t": {}}}"#;
        let bare = r#"{"vectors": {"v": {"dim": 2}}}"#;
        let model = r#"{"vectors": {"v": {"dim": 2, "embed": {"model": "m", "from": ["t"]}}}, "text": {"t": {}}}"#;
        let two = r#"{"vectors": {"v": {"dim": 2, "embed": {"model": "m", "from": ["t"]}}, "w": {"dim": 2}}}"#;
        let by_words = json!({ "topK": 10, "match": { "query": "cat", "fuzzy": false } });
        assert_eq!(query(&[], words).unwrap(), by_words);
        assert_eq!(query(&[], model).unwrap(), json!({ "topK": 10, "text": "cat" }));
        assert_eq!(query(&["--by", "words"], model).unwrap(), by_words);
        assert_eq!(query(&["--fuzzy"], model).unwrap()["match"]["fuzzy"], true);
        assert_eq!(query(&[], two).unwrap()["using"], "v");
        assert!(query(&["--by", "meaning"], words).unwrap_err().contains("--by words"));
        assert!(query(&["--by", "both"], two).unwrap_err().contains("--by meaning"));
        assert!(query(&[], bare).unwrap_err().contains("--json"));
        assert!(query(&["--using", "v"], words).unwrap_err().contains("this is by words"));
        assert!(query(&["--by", "meaning", "--fuzzy"], model).unwrap_err().contains("--by both"));
    }
}
