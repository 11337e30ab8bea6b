//! export, verify, diff: what is published, seen from a reader.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Version;
use headwater_core::manifest::{SigningKey, Trust};

use super::meter::Meter;
use super::pieces::Pieces;
use super::terminal::{json, say};
use super::{Server, TOKEN_VARIABLE, push};
use crate::address::{Address, DEFAULT_URL, URL_VARIABLE, shown_place};
use crate::clock;
use crate::location::{KEY_VARIABLE, Location};
use crate::replica::{Asked, Contents, Difference, PATIENCE, Source, Target, check};
use crate::shell::quoted;
use crate::token::Token;

#[derive(Args)]
#[command(after_help = "Examples:
  headwater export ./public/words --collection words    # then serve ./public by any web server
  headwater verify ./public/words
  headwater export ./public/words --collection words --pieces    # for a host that ignores ranges
A page opens it by the folder's URL: open(\"https://example.org/words\", { trust }).")]
pub(super) struct Export {
    /// Folder, or s3://bucket/prefix, for this collection alone.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    to: String,
    /// Collection to export.
    #[arg(long, short)]
    collection: String,
    /// For a bucket that cannot write on conditions, where nobody else publishes at the same time.
    #[arg(long)]
    single_writer: bool,
    #[command(flatten)]
    pieces: Pieces,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn export(options: Export) -> Result<()> {
    let pieces = options.pieces.size()?;
    let target = Target::of_one(&options.to)?.single_writer(options.single_writer);
    push::send(&options.server, &options.collection, &target, pieces, &options.to).await
}

#[derive(Args)]
#[command(after_help = "Examples:
  headwater verify ./public/words
  headwater verify http://127.0.0.1:7700/v1/collections/words --trust \"$(headwater keys show --data ./data)\"
Ends with 1 when a replica would refuse something, or answer wrongly.")]
pub(super) struct Verify {
    /// URL of a collection, a folder, or s3://bucket/prefix: whatever has 'head' right below it.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    source: String,
    /// Public keys that are trusted, as `headwater keys show` prints them.
    #[arg(long, value_delimiter = ',', env = "HEADWATER_TRUST", hide_env_values = true)]
    trust: Vec<String>,
    /// The collection that it should be.
    #[arg(long, short)]
    collection: Option<String>,
    /// Prints findings as JSON.
    #[arg(long)]
    json: bool,
    /// Milliseconds of silence after which a server counts as unreachable.
    #[arg(long, default_value_t = 30_000)]
    patience_ms: u64,
    /// Token of the source, where reading needs one. HEADWATER_TOKEN goes only to the server that HEADWATER_URL names.
    #[arg(long)]
    token: Option<Token>,
}

pub(super) async fn verify(options: Verify) -> Result<()> {
    let keys: Vec<&str> = options.trust.iter().map(|key| key.trim()).filter(|key| !key.is_empty()).collect();
    if keys.iter().any(|key| is_private_here(key)) {
        let message = "what is given as trusted is the private key of the server in this folder; `headwater keys show` prints its public one";
        return Err(Error::new(Code::KeyUntrusted, message));
    }
    let trust = if keys.is_empty() { None } else { Some(Trust::parse(keys.iter().copied())?) };
    let if_private = keys.iter().filter_map(|key| Some(SigningKey::from_secret_text(key).ok()?.public())).collect();
    let now_ms = clock::now_ms();
    let token = token_for(&options.source, options.token);
    let source = Source::open(&options.source, token, Duration::from_millis(options.patience_ms))?;
    let mut meter = Meter::new("bytes checked", 0);
    let asked = Asked { trust, if_private, collection: options.collection, now_ms };
    let report = check(&source, &asked, &mut |done, total| meter.set(done, total)).await;
    meter.finish();
    if options.json {
        json(&report)?;
    } else {
        report.lines().iter().for_each(say);
    }
    match report.first_error() {
        None => Ok(()),
        Some(code) => {
            let place = shown_place(&options.source);
            let remedy = match &report.collection {
                Some(name) if report.is_damaged() && !Address::is_meant(&options.source) => {
                    let pieces = report.pieces.map_or(String::new(), |size| format!(" --pieces={}", size.bytes()));
                    format!(
                        "; this writes anew what is missing or damaged there: headwater export {} --collection {name}{pieces}",
                        quoted(&place)
                    )
                }
                _ => String::new(),
            };
            Err(Error::new(code, format!("{place} is not as replicas need it{remedy}")))
        }
    }
}

/// Whether a text is the private key of a server that keeps it here: in the form of the first versions it looks like a
/// public one.
fn is_private_here(text: &str) -> bool {
    let data = std::env::var("HEADWATER_DATA").unwrap_or_else(|_| "./data".to_owned());
    let file =
        Location { data, ..Location::default() }.key_file().ok().and_then(|path| std::fs::read_to_string(path).ok());
    let mut held = file.into_iter().chain(std::env::var(KEY_VARIABLE));
    held.any(|held| held.trim() == text)
}

/// The token for a source: the one that was given for it, or the origin's, if the source is at the origin.
fn token_for(source: &str, given: Option<Token>) -> Option<Token> {
    let of_origin = || {
        let url = std::env::var(URL_VARIABLE).unwrap_or_else(|_| DEFAULT_URL.to_owned());
        let (source, origin) = (Address::source(source).ok()?, Address::server(&url).ok()?);
        let token = std::env::var(TOKEN_VARIABLE).ok()?;
        source.is_same_server(&origin).then(|| Token::from(token.as_str()))
    };
    given.or_else(of_origin)
}

#[derive(Args)]
#[command(after_help = "Examples:
  headwater diff http://127.0.0.1:7700/v1/collections/words@1 http://127.0.0.1:7700/v1/collections/words
  headwater diff ./public/words http://127.0.0.1:7700/v1/collections/words --points
A source without @version means the version of its head.")]
pub(super) struct Diff {
    /// What a replica has: a source, or source@version.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    before: String,
    /// What it goes to.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    after: String,
    /// Fetches both and counts the points that differ.
    #[arg(long)]
    points: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Token of BEFORE, where reading needs one, and of AFTER, where that is at the same server. HEADWATER_TOKEN goes
    /// only to the server that HEADWATER_URL names.
    #[arg(long)]
    token: Option<Token>,
    /// Token of AFTER, where that is at another server.
    #[arg(long)]
    after_token: Option<Token>,
}

pub(super) async fn diff(options: Diff) -> Result<()> {
    let (before, from) = place_and_version(&options.before);
    let (after, to) = place_and_version(&options.after);
    let servers = (Address::source(before), Address::source(after));
    let is_same = matches!(&servers, (Ok(before), Ok(after)) if before.is_same_server(after));
    let given = options.after_token.or_else(|| options.token.clone().filter(|_| is_same));
    let before = Source::open(before, token_for(before, options.token), PATIENCE)?;
    let after = Source::open(after, token_for(after, given), PATIENCE)?;
    let of = |text: &str, error: Error| {
        let place = shown_place(text);
        if error.message().contains(&place) { error } else { error.context(place) }
    };
    let old = before.version(from).await.map_err(|e| of(&options.before, e))?;
    let new = after.version(to).await.map_err(|e| of(&options.after, e))?;
    if old.collection != new.collection {
        let message = format!("{:?} and {:?} are different collections", old.collection, new.collection);
        return Err(Error::new(Code::ManifestMismatch, message));
    }
    let mut difference = Difference::new(&old, &new);
    if options.points {
        let mut meter = Meter::new("bytes fetched", 0);
        let old = before.snapshot(old, &mut |done, total| meter.set(done, total)).await?;
        let new = after.snapshot(new, &mut |done, total| meter.set(done, total)).await?;
        meter.finish();
        difference.contents = Some(Contents::of(&old, &new)?);
    }
    if options.json {
        json(&difference)?;
    } else {
        difference.lines().iter().for_each(say);
    }
    Ok(())
}

/// `place@version`. A folder may have an @ in its name; a version is a number.
fn place_and_version(text: &str) -> (&str, Option<Version>) {
    let is_there = PathBuf::from(text).is_dir();
    match text.rsplit_once('@').map(|(place, version)| (place, version.parse())) {
        Some((place, Ok(version))) if !is_there => (place, Some(version)),
        _ => (text, None),
    }
}
