//! Create, search, get, model.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use headwater_core::embed::pack;
use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::ModelRef;
use headwater_core::model::{Answer, CollectionStatus, Hit, Point};
use reqwest::Method;
use serde_json::{Value, json};

use super::Server;
use crate::client::Client;

/// Characters of an id before the columns behind it shift.
const MAX_ID_COLUMNS: usize = 40;
/// Characters of a payload in a table.
const MAX_PAYLOAD_COLUMNS: usize = 160;

#[derive(Args)]
#[command(after_help = r#"Example:
  headwater create words --schema schema.json

schema.json, with the model "static-minilm-256" added before:
  {"vectors": {"meaning": {"dim": 256, "embed": {"model": "static-minilm-256", "from": ["title", "text"]}}},
   "text": {"title": {"language": "en", "boost": 2}, "text": {"language": "en"}},
   "fields": {"language": "keyword", "year": "integer"}}

schema.json, when points bring their own vectors:
  {"vectors": {"meaning": {"dim": 384, "metric": "cosine"}}, "fields": {"language": "keyword"}}"#)]
pub(super) struct Create {
    /// Name of the collection.
    name: String,
    /// File of the schema.
    #[arg(long)]
    schema: PathBuf,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn create(options: Create) -> Result<()> {
    let client = Client::new(&options.server.url, options.server.token)?;
    let request = client.request(Method::PUT, &format!("/v1/collections/{}", options.name));
    let request = request.header("content-type", "application/json").body(read(&options.schema)?);
    let status: CollectionStatus = client.json(request).await?;
    println!("collection {} with {} points", status.collection, status.points);
    Ok(())
}

#[derive(Args)]
#[command(after_help = r#"Examples:
  headwater search "small wild cat" --collection words -k 5
  headwater search "smal wild cta" --collection words --by words --fuzzy
  headwater search --collection words --json '{"text": "cat", "filter": {"language": "en"}, "topK": 3}'"#)]
pub(super) struct Search {
    /// A text to search for.
    #[arg(required_unless_present = "json")]
    text: Option<String>,
    /// A whole query instead: {"vector": […], "filter": …, "topK": 10}.
    #[arg(long, conflicts_with = "text")]
    json: Option<String>,
    /// Collection to search.
    #[arg(long, short)]
    collection: String,
    /// What to search by.
    #[arg(long, value_enum, default_value_t = By::Meaning, conflicts_with = "json")]
    by: By,
    /// Finds misspelt words as well.
    #[arg(long, conflicts_with = "json")]
    fuzzy: bool,
    /// Hits.
    #[arg(long, short = 'k', default_value_t = 10)]
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

impl Search {
    fn query(&self) -> Value {
        let (text, words) = (json!(self.text), json!({ "query": self.text, "fuzzy": self.fuzzy }));
        match self.by {
            By::Meaning => json!({ "topK": self.top_k, "text": text }),
            By::Words => json!({ "topK": self.top_k, "match": words }),
            By::Both => json!({ "topK": self.top_k, "text": text, "match": words }),
        }
    }
}

pub(super) async fn search(options: Search) -> Result<()> {
    let query = options.json.clone().unwrap_or_else(|| options.query().to_string());
    let client = Client::new(&options.server.url, options.server.token)?;
    let request = client.request(Method::POST, &format!("/v1/collections/{}/search", options.collection));
    let answer: Answer = client.json(request.header("content-type", "application/json").body(query)).await?;
    print!("{}", table(&answer.hits));
    let by = answer.answered_by.as_str();
    println!(
        "{} hits from {by} in {} µs, version {}, lsn {}",
        answer.hits.len(),
        answer.took_us,
        answer.version,
        answer.lsn
    );
    Ok(())
}

/// Hits as lines: score, id, payload.
fn table(hits: &[Hit]) -> String {
    let widest = hits.iter().map(|h| h.id.chars().count()).max().unwrap_or_default().min(MAX_ID_COLUMNS);
    let mut text = String::new();
    for hit in hits {
        // In the order and with the numbers that were given.
        let member = |(name, value): (&str, &str)| match serde_json::from_str(value) {
            Ok(Value::Number(_)) | Err(_) => format!("{}: {value}", read_plain(name)),
            Ok(value) => format!("{}: {}", read_plain(name), plain(&value)),
        };
        let fields: Vec<String> = hit.payload.members().map(member).collect();
        let mut line = fields.join(" · ");
        if let Some((end, _)) = line.char_indices().nth(MAX_PAYLOAD_COLUMNS) {
            line.truncate(end);
            line.push('…');
        }
        text.push_str(&format!("{:>8.4}  {:<widest$}  {line}\n", hit.score, hit.id));
    }
    text
}

fn read_plain(json: &str) -> String {
    serde_json::from_str(json).map_or_else(|_| json.to_owned(), |value| plain(&value))
}

/// A value as a person reads it, on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[derive(Args)]
#[command(after_help = "Example:\n  headwater get noun-02121620 --collection words")]
pub(super) struct Get {
    /// Id of the point.
    id: String,
    /// Collection to look in.
    #[arg(long, short)]
    collection: String,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn get(options: Get) -> Result<()> {
    let client = Client::new(&options.server.url, options.server.token)?;
    let mut url = url::Url::parse("http://path").map_err(|e| Error::new(Code::Internal, e.to_string()))?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(["v1", "collections", &options.collection, "points", &options.id]);
    }
    let point: Point = client.json(client.request(Method::GET, url.path())).await?;
    println!("{}", serde_json::to_string_pretty(&point).unwrap_or_default());
    Ok(())
}

#[derive(Subcommand)]
pub(super) enum Model {
    /// Adds a model2vec model: a folder with config.json, tokenizer.json and model.safetensors.
    Add {
        /// The folder.
        folder: PathBuf,
        /// Name by which schemas call it.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        server: Server,
    },
    /// Lists the models.
    List {
        #[command(flatten)]
        server: Server,
    },
}

pub(super) async fn model(options: Model) -> Result<()> {
    match options {
        Model::Add { folder, name, server } => {
            let file = |name: &str| read(&folder.join(name));
            let packed = pack(&file("config.json")?, &file("tokenizer.json")?, &file("model.safetensors")?)?;
            let client = Client::new(&server.url, server.token)?;
            let kept: ModelRef =
                client.json(client.request(Method::PUT, &format!("/v1/models/{name}")).body(packed)).await?;
            println!("model {} ({} bytes, {})", kept.name, kept.blob.bytes, kept.blob.hash);
        }
        Model::List { server } => {
            let client = Client::new(&server.url, server.token)?;
            let kept: Vec<ModelRef> = client.json(client.request(Method::GET, "/v1/models")).await?;
            kept.iter().for_each(|m| println!("{:<24} {:>10} bytes  {}", m.name, m.blob.bytes, m.blob.hash));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::new(Code::StorageFailed, format!("{}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use headwater_core::model::PayloadText;

    use super::*;

    #[test]
    fn hits_stand_in_columns_on_one_line_each() {
        let hit = |id: &str, score, payload: Value| Hit {
            id: id.into(),
            score,
            highlights: None,
            parts: None,
            payload: PayloadText::parse(payload.to_string()).unwrap(),
        };
        let text = table(&[
            hit("noun-1", 0.91, json!({ "gloss": "a small\nwild  cat", "lemmas": ["cat", "lynx"], "senses": 2 })),
            hit("n", -0.5, json!({ "gloss": "é".repeat(500) })),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  0.9100  noun-1  gloss: a small wild cat · lemmas: cat, lynx · senses: 2");
        assert!(lines[1].starts_with(" -0.5000  n       gloss: éé") && lines[1].ends_with("é…"), "{}", lines[1]);
        assert_eq!(lines.len(), 2);
    }
}
