//! `headwater suggest`.

use clap::Args;
use headwater_core::error::{Code, Error, Result};
use headwater_core::model::Suggestions;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::search::{Output, json_of};
use super::terminal::say;
use super::{Server, path_of};
use crate::client::Client;
use crate::counted::counted;

#[derive(Args)]
#[command(after_help = "Examples:
  headwater suggest \"small wi\" --collection words
  headwater suggest \"smal wlid\" --collection words --fields title -k 8
  headwater suggest wi --collection words --output json

The last word is completed by words that points have, with how many have all of them. Where no point has all the words, it
says what may be meant. `headwater search` finds the points.")]
pub(super) struct Options {
    /// What has been typed. One that ends in a space has its last word finished already.
    text: String,
    /// Collection whose words complete it.
    #[arg(long, short)]
    collection: String,
    /// Text fields whose words complete it; all without it.
    #[arg(long, value_name = "FIELD", num_args = 1..)]
    fields: Vec<String>,
    /// Which points count: {\"kind\": \"a\"}.
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,
    /// Completions.
    #[arg(long, short = 'k', default_value_t = 5)]
    top_k: u32,
    /// How the answer is printed.
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(options: Options) -> Result<()> {
    if options.text.trim().is_empty() {
        return Err(Error::new(Code::InvalidQuery, "there is nothing to complete: name the beginning of a text"));
    }
    let client = Client::new(&options.server.url, options.server.token.clone())?.offering_to_create();
    let path = format!("{}/suggest", path_of(&options.collection)?);
    let mut request =
        Map::from_iter([("query".to_owned(), json!(options.text)), ("topK".to_owned(), json!(options.top_k))]);
    if !options.fields.is_empty() {
        request.insert("fields".to_owned(), json!(options.fields));
    }
    if let Some(filter) = &options.filter {
        request.insert("filter".to_owned(), json_of("--filter", filter)?);
    }
    let request = client.request(Method::POST, &path).json(&Value::Object(request));
    let found: Option<Suggestions> = options.output.of(&client, request).await?;
    found.iter().flat_map(lines).for_each(say);
    Ok(())
}

/// Completions with how many points have their words, what may be meant, and who says so.
fn lines(found: &Suggestions) -> Vec<String> {
    let mut lines: Vec<String> =
        found.suggestions.iter().map(|one| format!("{:>10}  {}", one.count, one.text)).collect();
    if let Some(meant) = &found.did_you_mean {
        lines.push(format!("did you mean {:?}? {} all of it", meant.text, have(meant.count)));
    }
    lines.push(format!(
        "{} from {} in {} µs, version {}, lsn {}",
        counted(found.suggestions.len() as u64, "completion"),
        found.answered_by.as_str(),
        found.took_us,
        found.version,
        found.lsn
    ));
    lines
}

fn have(count: u32) -> String {
    format!("{} {}", counted(count, "point"), if count == 1 { "has" } else { "have" })
}
