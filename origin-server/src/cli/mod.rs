//! The `headwater` command.
//!
//! | file | commands |
//! | --- | --- |
//! | `serve` | serve |
//! | `meter` | progress, shared as well |
//! | `import` | import |
//! | `push` | publish --to: copies a publication to an edge or a bucket |
//! | `manage` | create, get, search, model |
//! | `versions` | versions, rollback, pin, unpin, gc |
//! | `keys` | keys |
//! | `replica` | export, verify, diff |

mod import;
mod keys;
mod manage;
mod meter;
mod patience;
mod pending;
mod push;
mod replica;
mod serve;
mod versions;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use headwater_core::error::Result;
use headwater_core::manifest::MANIFEST_FORMAT_VERSION;
use headwater_core::segment::SEGMENT_FORMAT_VERSION;

/// Headwater: search that runs where the user is.
#[derive(Parser)]
#[command(
    name = "headwater",
    version,
    long_version = long_version(),
    after_help = "Examples:
  headwater serve --data ./data
  headwater model add ./model --name static-minilm-256
  headwater create words --schema schema.json
  headwater import points.ndjson --collection words
  headwater publish --collection words
  headwater search \"small wild cat\" --collection words
  headwater publish --collection words --to https://edge.example
`headwater <command> --help` has more."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// With what it reads and writes: data of other formats is not for it.
fn long_version() -> String {
    format!(
        "{}\nsegment format {SEGMENT_FORMAT_VERSION}, manifest format {MANIFEST_FORMAT_VERSION}",
        env!("CARGO_PKG_VERSION")
    )
}

#[derive(Subcommand)]
enum Command {
    /// Serves collections over HTTP.
    Serve(serve::Options),
    /// Creates a collection.
    Create(manage::Create),
    /// Imports points, one JSON object a line.
    Import(import::Options),
    /// Publishes what has changed, and copies it to an edge or bucket with --to.
    Publish(push::Options),
    /// Searches by text or by a JSON query.
    Search(manage::Search),
    /// Shows a point.
    Get(manage::Get),
    /// Models: text to vector.
    #[command(subcommand)]
    Model(manage::Model),
    /// Lists the versions that are kept.
    Versions(versions::Of),
    /// Publishes what an earlier version held as a new version.
    Rollback(versions::One),
    /// Keeps a version whatever its age.
    Pin(versions::One),
    /// Keeps a version no longer than others.
    Unpin(versions::One),
    /// Drops versions that need not be kept, and all that only they needed. Publishing does so as well.
    Gc(versions::Of),
    /// Writes what is published into a folder that any web server can serve to replicas.
    Export(replica::Export),
    /// Checks all that replicas would fetch, as a linter does.
    Verify(replica::Verify),
    /// Says what a replica fetches from one version to another.
    Diff(replica::Diff),
    /// Who may sign: the server's key, the root key, and the list between them.
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// Where the origin is.
#[derive(Args, Clone)]
struct Server {
    /// URL of the origin.
    #[arg(long, env = "HEADWATER_URL", default_value = "http://127.0.0.1:7700")]
    url: String,
    /// Token for writes.
    #[arg(long, env = "HEADWATER_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Runs the command line; errors go to standard error with their code.
pub async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headwater: {} ({})", error.message(), error.code());
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(options) => serve::run(options).await,
        Command::Create(options) => manage::create(options).await,
        Command::Import(options) => import::run(options).await,
        Command::Publish(options) => push::run(options).await,
        Command::Search(options) => manage::search(options).await,
        Command::Get(options) => manage::get(options).await,
        Command::Model(options) => manage::model(options).await,
        Command::Versions(of) => versions::list(of).await,
        Command::Rollback(one) => versions::roll_back(one).await,
        Command::Pin(one) => versions::pin(one, true).await,
        Command::Unpin(one) => versions::pin(one, false).await,
        Command::Gc(of) => versions::collect_garbage(of).await,
        Command::Export(options) => replica::export(options).await,
        Command::Verify(options) => replica::verify(options).await,
        Command::Diff(options) => replica::diff(options).await,
        Command::Keys(command) => keys::run(command).await,
    }
}
