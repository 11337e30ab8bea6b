//! The `headwater` command.
//!
//! | file | commands |
//! | --- | --- |
//! | `serve` | serve |
//! | `client` | HTTP with tokens and problems, shared by the commands below |
//! | `meter` | progress, shared as well |
//! | `import` | import |
//! | `push` | publish --to: copies a publication to an edge or a bucket |
//! | `manage` | create, publish, get, search, model, key |

mod client;
mod import;
mod manage;
mod meter;
mod push;
mod serve;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use headwater_core::error::Result;

/// Headwater: search that runs where the user is.
#[derive(Parser)]
#[command(
    name = "headwater",
    version,
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
    /// The key that signs heads.
    #[command(subcommand)]
    Key(manage::Key),
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
        Command::Key(options) => manage::key(&options),
    }
}
