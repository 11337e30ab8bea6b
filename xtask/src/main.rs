//! Every developer habit of Headwater in one place; there are no scripts beside it.
//!
//! | file | job |
//! | --- | --- |
//! | `progress` | names steps, says that they go on and how long they took |
//! | `shell` | runs commands |
//! | `places` | where things are |
//! | `stamp` | what is up to date and need not be done again |
//! | `install/` | adds what is missing: wasm target, npm packages, browsers, Python packages |
//! | `doctor` | says what is there, what is missing, how it will be had |
//! | `build/` | wasm, edge worker, npm package, page, origin |
//! | `check/` | formatting, clippy, tidiness; types for TypeScript |
//! | `data` | WordNet as points and queries |
//! | `test` | all tests, fast ones first |
//! | `fuzz` | what reads foreign bytes, fuzzed |
//! | `demo/` | the demo, from nothing to a URL |
//! | `handbook` | the example of sites with search |
//! | `bench` | measurements |

mod bench;
mod build;
mod check;
mod data;
mod demo;
mod doctor;
mod fuzz;
mod handbook;
mod install;
mod overdue;
mod places;
mod progress;
mod shell;
mod stamp;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Every developer habit of Headwater. Each command installs what it lacks, and does nothing twice.
#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    after_help = "Examples:
  cargo xtask demo                    from a fresh clone to a page that searches WordNet
  cargo xtask test                    what CI runs
  cargo xtask test --only fast,rust   two groups of it
  cargo xtask build edge              the Cloudflare Worker, into target/edge
  cargo xtask doctor                  what is here, what is missing, how it will be had"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds everything, loads WordNet, serves it at origin and edge, and prints the page's URL.
    #[command(after_help = "Examples:
  cargo xtask demo
  cargo xtask demo --port 8000 --edge-port 8001
  cargo xtask demo --data /tmp/demo --no-serve")]
    Demo(demo::Options),
    /// Builds the project's documents and Git's as sites with search, and serves them.
    #[command(after_help = "Examples:
  cargo xtask handbook
  cargo xtask handbook --no-serve    into target/handbook")]
    Handbook(handbook::Options),
    /// Runs every test, fast ones first.
    #[command(after_help = "Examples:
  cargo xtask test
  cargo xtask test --only fast
  cargo xtask test --only js,e2e
  cargo xtask test --only bundlers,plugins --long

HEADWATER_CHROMIUM, HEADWATER_FIREFOX and HEADWATER_WEBKIT (its driver) name other browsers than the system's.")]
    Test {
        /// Only these groups.
        #[arg(long, value_enum, value_delimiter = ',', value_name = "GROUPS")]
        only: Vec<test::Group>,
        /// Also what takes long: every bundler in every version, every site generator.
        #[arg(long)]
        long: bool,
    },
    /// Fuzzes everything that reads foreign bytes.
    #[command(after_help = "Examples:
  cargo xtask fuzz
  cargo xtask fuzz --seconds 600 segment

An input that does harm is kept in tests/fuzz/regressions/<target>, where every test run replays it.")]
    Fuzz {
        /// How long each target runs.
        #[arg(long, default_value_t = 10, value_name = "N")]
        seconds: u32,
        /// Only this one.
        target: Option<String>,
    },
    /// Builds one part, or all.
    #[command(after_help = "Examples:
  cargo xtask build
  cargo xtask build js      packages/js/dist, with the engine in it
  cargo xtask build edge    target/edge, ready for miniflare and wrangler")]
    Build {
        /// What to build.
        #[arg(value_enum, default_value = "all")]
        part: build::Part,
    },
    /// Checks formatting, clippy (native and WebAssembly), generated types, tidiness.
    Lint,
    /// Writes the generated TypeScript types.
    #[command(after_help = "Examples:
  cargo xtask gen            after a change in core/model/src/model
  cargo xtask gen --check    fails when they are not up to date")]
    Gen {
        /// Only compares, and fails on a difference.
        #[arg(long)]
        check: bool,
    },
    /// Looks for what a reader would stumble over: long files, unfinished words, loose versions.
    Tidy,
    /// Measures; results stand in target/bench and on the screen.
    #[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench size
  cargo xtask bench relevance --half tune --native    to choose weights by")]
    Bench {
        /// What to measure.
        #[arg(value_enum, default_value = "all")]
        what: bench::What,
        #[command(flatten)]
        relevance: bench::Options,
    },
    /// Says what is there, what is missing, and how it will be had.
    Doctor,
}

fn main() -> ExitCode {
    progress::start();
    let outcome = match Cli::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Handbook(options) => handbook::run(&options),
        Command::Test { only, long } => test::run(&only, long),
        Command::Fuzz { seconds, target } => fuzz::run(target.as_deref(), seconds),
        Command::Build { part } => build::run(part),
        Command::Lint => check::lint(),
        Command::Gen { check } => check::generated(!check),
        Command::Tidy => check::tidy(),
        Command::Bench { what, relevance } => bench::run(what, &relevance),
        Command::Doctor => doctor::run(),
    };
    finish(outcome)
}

fn finish(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
