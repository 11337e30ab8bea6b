//! `headwater search`.
//!
//! | file | job |
//! | --- | --- |
//! | `answer` | an answer as lines |

mod answer;

use clap::{Args, ValueEnum};
use headwater_core::error::{Code, Error, Result};
use headwater_core::json::{listed, message_of};
use headwater_core::model::{Answer, CollectionStatus, Schema};
use reqwest::{Method, RequestBuilder};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value, json};

use super::terminal::{raw_json, say_line};
use super::{Server, path_of};
use crate::address::flag_of;
use crate::client::Client;

#[derive(Args)]
#[command(after_help = r#"Examples:
  headwater search "wild cats" --collection words -k 5
  headwater search "samll cats" --collection words --fuzzy
  headwater search --collection words --json '{"match": {"query": "ca", "prefix": true}, "topK": 3}'
  headwater search "wild cats" --collection words --output json

On a terminal the words that were found are marked where a query asks for "highlight" or "snippets". --output json prints
the answer as the server sent it, for programs."#)]
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
    /// How the answer is printed.
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Table,
    /// For programs: the JSON that the server sent.
    Json,
}

impl Output {
    /// Sends a request. Its answer is printed as it came, or returned to be printed for people.
    pub(super) async fn of<T: DeserializeOwned>(self, client: &Client, request: RequestBuilder) -> Result<Option<T>> {
        let response = client.send(request).await?;
        if self == Self::Table {
            return client.read(response).await.map(Some);
        }
        raw_json(&client.text(response).await?);
        Ok(None)
    }
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
    let client = Client::new(&options.server.url, options.server.token.clone())?.offering_to_create();
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
    let shown = serde_json::from_str(&query).unwrap_or_default();
    let answer: Result<Option<Answer>> = options.output.of(&client, request.body(query)).await;
    let answer = answer.map_err(|error| options.json.as_deref().map_or(error.clone(), |json| of_shell(error, json)))?;
    answer.iter().flat_map(|answer| answer::lines(answer, &shown)).for_each(|line| say_line(&line));
    Ok(())
}

/// What is wrong with JSON that stood on the command line: most often a shell has taken something out of it.
fn of_shell(error: Error, json: &str) -> Error {
    if serde_json::from_str::<IgnoredAny>(json).is_ok() {
        return error;
    }
    let message =
        format!("{}; a shell takes JSON whole in single quotes: --json '{{\"match\": \"cat\"}}'", error.message());
    Error::new(error.code(), message)
}

/// JSON of an option of the command line.
pub(super) fn json_of(option: &str, text: &str) -> Result<Value> {
    headwater_core::json::from_slice(text.as_bytes())
        .map_err(|e| of_shell(Error::new(Code::InvalidOptions, format!("{option}: {}", message_of(&e))), text))
}

impl Options {
    /// The query for a text, as far as the schema can answer it.
    fn query(&self, text: &str, schema: &Schema) -> Result<Value> {
        let embedded: Vec<&str> =
            schema.vectors.iter().filter(|(_, v)| v.embed.is_some()).map(|(name, _)| name.as_str()).collect();
        let (has_model, has_words) = (!embedded.is_empty(), !schema.text.is_empty());
        let (name, flag) = (&self.collection, flag_of(&self.server.url));
        let impossible = |message: String| Err(Error::new(Code::InvalidQuery, message));
        let by = match self.by {
            Some(by) => by,
            None if self.fuzzy && has_words => By::Words,
            None if has_model => By::Meaning,
            None if has_words => By::Words,
            None => {
                return impossible(format!(
                    "{name:?} has neither a model nor text fields, so a text finds nothing in it; ask by a vector: \
                     headwater search --collection {name}{flag} --json '{{\"vector\": [0.1, …]}}'"
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
                    return impossible(format!(
                        "{name:?} has several models; say --using with one of {}",
                        listed(several)
                    ));
                }
            }
        }
        if by != By::Meaning {
            query.insert("match".to_owned(), json!({ "query": text, "fuzzy": self.fuzzy }));
        }
        Ok(Value::Object(query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
