//! The `headwater` command.
//!
//! | file | commands |
//! | --- | --- |
//! | `build/` | build: a folder of pages becomes search |
//! | `mdbook` | mdbook: the same as an output of mdBook |
//! | `serve`, `start` | serve, and what has to be right before |
//! | `import/` | import |
//! | `push` | publish --to: copies a publication to an edge or a bucket |
//! | `search/` | search |
//! | `suggest` | suggest |
//! | `manage` | create, get, model |
//! | `delete` | delete |
//! | `versions` | versions, rollback, pin, unpin, gc |
//! | `keys` | keys |
//! | `replica` | export, verify, diff |
//!
//! | file | what they share |
//! | --- | --- |
//! | `terminal` | what is printed, made harmless |
//! | `meter` | progress |
//! | `pieces` | of which size pieces of objects are to be |

// All that is printed goes through `terminal`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod build;
mod delete;
mod import;
mod keys;
mod manage;
mod mdbook;
#[allow(clippy::print_stderr, reason = "nothing foreign is in it")]
mod meter;
mod patience;
mod pending;
mod pieces;
mod push;
mod replica;
mod search;
mod serve;
mod start;
mod suggest;
mod terminal;
mod versions;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::check_path_name;
use headwater_core::manifest::MANIFEST_FORMAT_VERSION;
use headwater_core::segment::SEGMENT_FORMAT_VERSION;

use crate::address::{DEFAULT_URL, URL_VARIABLE};
use crate::token::Token;

/// Headwater: search that runs where the user is.
#[derive(Parser)]
#[command(
    name = "headwater",
    version,
    long_version = long_version(),
    after_help = r#"A first collection, in an empty folder, while `headwater serve --data ./data` runs there in another terminal:
  echo '{"text": {"title": {"language": "en"}}}' > schema.json
  headwater create words --schema schema.json
  echo '{"id": "cat", "payload": {"title": "a small wild cat"}}' > points.ndjson
  headwater import points.ndjson --collection words
  headwater search "wild cats" --collection words
  headwater publish --collection words
  headwater export ./public/words --collection words

This one is searched by words. `headwater model --help` says how to search by meaning, `headwater <command> --help` more of each."#
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
    /// Makes a folder of pages searchable, for any server of plain files.
    Build(Box<build::Options>),
    /// Makes a book searchable, as an output of mdBook: it is in book.toml that this command is named.
    #[command(after_help = "In book.toml:
  [output.html]
  search.enable = false        # mdBook's own

  [output.search]
  command = \"headwater mdbook\"

The table may have options of `headwater build`: state, model, lang, include, exclude, root-selector, pieces, package.")]
    Mdbook,
    /// Serves collections over HTTP.
    Serve(serve::Options),
    /// Creates a collection.
    Create(manage::Create),
    /// Imports points, one JSON object a line.
    Import(import::Options),
    /// Publishes what has changed, and copies it to an edge or bucket with --to.
    Publish(push::Options),
    /// Searches by text or by a JSON query.
    Search(search::Options),
    /// Completes what is being typed, and says what a misspelt text may mean.
    Suggest(suggest::Options),
    /// Shows a point.
    Get(manage::Get),
    /// Deletes points, or a whole collection.
    Delete(delete::Delete),
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

/// The variable that holds the origin's token.
const TOKEN_VARIABLE: &str = "HEADWATER_TOKEN";

/// Where the origin is.
#[derive(Args, Clone)]
struct Server {
    /// URL of the origin.
    #[arg(long, env = URL_VARIABLE, default_value = DEFAULT_URL)]
    url: String,
    /// Token for writes at that URL. Everybody on this machine sees what stands on a command line: better set
    /// HEADWATER_TOKEN.
    #[arg(long, env = TOKEN_VARIABLE, hide_env_values = true)]
    token: Option<Token>,
}

/// The path of a collection. A name that stands in no path would ask for something else.
fn path_of(collection: &str) -> Result<String> {
    check_name(collection, "collection")?;
    Ok(format!("/v1/collections/{collection}"))
}

/// Fails unless a collection or model may have this name.
fn check_name(name: &str, what: &str) -> Result<()> {
    check_path_name(name, what).map_err(|e| Error::new(Code::InvalidOptions, e.message()))
}

/// Runs the command line; errors go to standard error with their code.
pub async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    match run(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::note(format_args!("headwater: {} ({})", error.message(), error.code()));
            ExitCode::FAILURE
        }
    }
}

/// What clap says of a command line, and where a value comes from that stands in the environment.
fn not_understood(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if let Some(variable) = variable_of(error) {
        terminal::note(format_args!("The value comes from the environment: {variable} is set to it."));
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The variable that holds the value which was refused, unless the command line has it.
fn variable_of(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = argument.split([' ', '=']).next()?;
    if std::env::args().any(|given| given.split('=').next() == Some(flag)) {
        return None;
    }
    named_by(&Cli::command(), flag.strip_prefix("--")?)
}

/// The variable that is set and that an option of this name reads, of a command or one below it.
fn named_by(command: &clap::Command, option: &str) -> Option<String> {
    let of_option = command.get_arguments().filter(|argument| argument.get_long() == Some(option));
    let mut set = of_option.filter_map(clap::Arg::get_env).filter(|variable| std::env::var_os(variable).is_some());
    let found = set.next().map(|variable| variable.to_string_lossy().into_owned());
    found.or_else(|| command.get_subcommands().find_map(|below| named_by(below, option)))
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Build(options) => build::run(*options).await,
        Command::Mdbook => mdbook::run().await,
        Command::Serve(options) => serve::run(options).await,
        Command::Create(options) => manage::create(options).await,
        Command::Import(options) => import::run(options).await,
        Command::Publish(options) => push::run(options).await,
        Command::Search(options) => search::run(options).await,
        Command::Suggest(options) => suggest::run(options).await,
        Command::Get(options) => manage::get(options).await,
        Command::Delete(options) => delete::delete(options).await,
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
