//! export, verify, diff: what is published, seen from a reader.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Version;
use headwater_core::manifest::Trust;

use super::meter::Meter;
use super::{Server, push};
use crate::clock;
use crate::replica::{Asked, Contents, Difference, PATIENCE, Source, Target, check};

#[derive(Args)]
#[command(after_help = "Examples:
  headwater export ./public/words --collection words    # then serve ./public by any web server
  headwater verify ./public/words
A page opens it by the folder's URL: open(\"https://example.org/words\", { trust }).")]
pub(super) struct Export {
    /// Folder, or s3://bucket/prefix, for this collection alone.
    to: String,
    /// Collection to export.
    #[arg(long, short)]
    collection: String,
    /// For a bucket that cannot write on conditions, where nobody else publishes at the same time.
    #[arg(long)]
    single_writer: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn export(options: Export) -> Result<()> {
    let target = Target::of_one(&options.to)?.single_writer(options.single_writer);
    push::send(&options.server, &options.collection, &target, &options.to).await
}

#[derive(Args)]
#[command(after_help = "Examples:
  headwater verify https://edge.example/v1/collections/words --trust ed25519:…
  headwater verify ./public/words
Ends with 1 when a replica would refuse something, or answer wrongly.")]
pub(super) struct Verify {
    /// URL of a collection, a folder, or s3://bucket/prefix: whatever has \"head\" right below it.
    source: String,
    /// Public keys that are trusted.
    #[arg(long, value_delimiter = ',', env = "HEADWATER_TRUST")]
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
    /// Token, where reading needs one.
    #[arg(long, env = "HEADWATER_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

pub(super) async fn verify(options: Verify) -> Result<()> {
    let keys = options.trust.iter().map(|key| key.trim()).filter(|key| !key.is_empty());
    let trust = if keys.clone().count() == 0 { None } else { Some(Trust::parse(keys)?) };
    let now_ms = clock::now_ms();
    let source = Source::open(&options.source, options.token, Duration::from_millis(options.patience_ms))?;
    let mut meter = Meter::new("bytes checked", 0);
    let asked = Asked { trust, collection: options.collection, now_ms };
    let report = check(&source, &asked, &mut |done, total| meter.set(done, total)).await;
    meter.finish();
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|e| Error::new(Code::Internal, e.to_string()))?);
    } else {
        println!("{report}");
    }
    match report.first_error() {
        None => Ok(()),
        Some(code) => Err(Error::new(code, format!("{} is not as replicas need it", options.source))),
    }
}

#[derive(Args)]
#[command(after_help = "Examples:
  headwater diff http://127.0.0.1:7700/v1/collections/words@3 http://127.0.0.1:7700/v1/collections/words
  headwater diff ./yesterday ./today --points
A source without @version means the version of its head.")]
pub(super) struct Diff {
    /// What a replica has: a source, or source@version.
    before: String,
    /// What it goes to.
    after: String,
    /// Fetches both and counts the points that differ.
    #[arg(long)]
    points: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Token, where reading needs one.
    #[arg(long, env = "HEADWATER_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

pub(super) async fn diff(options: Diff) -> Result<()> {
    let open = |text: &str| -> Result<(Source, Option<Version>)> {
        let (place, version) = place_and_version(text);
        Ok((Source::open(place, options.token.clone(), PATIENCE)?, version))
    };
    let ((before, from), (after, to)) = (open(&options.before)?, open(&options.after)?);
    let (old, new) = (before.version(from).await?, after.version(to).await?);
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
        println!(
            "{}",
            serde_json::to_string_pretty(&difference).map_err(|e| Error::new(Code::Internal, e.to_string()))?
        );
    } else {
        println!("{difference}");
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
