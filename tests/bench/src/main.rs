//! Measures the native engine, and prepares the data that it and its peers are measured on.
//!
//! ```text
//! points NDJSON + queries + model ── prepare ──> vectors, truth, signed replica folders (2 sizes)
//! replica folder ── search ──> recall and time a query, as JSON lines
//! vectors ── engine-build, engine-search ──> the engine alone, as peers' libraries are measured
//! points + what people type ── relevance-lookups ──> what is found first (`lookups`)
//! ```
//!
//! The truth is an exact search over f32 vectors; the queries are example sentences, never indexed.

mod corpus;
mod engine;
mod fields;
mod lookups;
mod options;
mod partial;
mod passages;
mod planner;
mod prepare;
mod proof;
mod relevance;
mod search;
mod sets;
mod unpublished;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::corpus::{Files, Meaning};

/// Benchmarks of the native engine.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Embeds points and queries, finds the true neighbours, builds and signs replica folders.
    Prepare(prepare::Inputs),
    /// Embeds the sentences of the texts in a folder as another set.
    Texts {
        /// Folder of text files.
        #[arg(long)]
        folder: PathBuf,
        /// Folder of the model.
        #[arg(long)]
        model: PathBuf,
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Makes a set of vectors that are there already, `base.f32` and `queries.f32`: evenly spaced ones of them.
    Vectors {
        /// Their folder.
        #[arg(long)]
        from: PathBuf,
        #[command(flatten)]
        set: sets::NewSet,
    },
    /// Makes a set of vectors with the structure that those of models have.
    Made(sets::NewSet),
    /// Which way a search of a set goes, with filters of every width, and what each way takes and finds.
    Planner {
        /// The set.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Makes a set of vectors without structure.
    Sphere {
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Builds an index of a set with the engine alone, and keeps it there.
    EngineBuild {
        /// The set.
        #[arg(long)]
        dir: PathBuf,
        /// What the rows call it.
        #[arg(long)]
        name: String,
        /// What the segment is made of.
        #[arg(long, value_enum, default_value = "auto")]
        structure: engine::Structure,
    },
    /// Searches that index.
    EngineSearch {
        /// The set.
        #[arg(long)]
        dir: PathBuf,
        /// What the rows call it.
        #[arg(long)]
        name: String,
        /// `efSearch` values.
        #[arg(long, value_delimiter = ',')]
        ef: Vec<u32>,
    },
    /// How well sentences find the point they come from: by words, by meaning, by both.
    Relevance {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        meaning: Meaning,
    },
    /// Makes a corpus of points, with questions that should find them: sentences and, of WordNet, words to look up.
    RelevanceSets(lookups::Sources),
    /// Makes a corpus of Debian's packages, with questions that should find them.
    RelevancePackages(lookups::Packages),
    /// How well people find what they type, in these corpora: a row for each set and way to ask.
    RelevanceLookups(lookups::Lookups),
    /// The same rows of what peers found.
    RelevanceRows {
        #[command(flatten)]
        asked: lookups::Asked,
        /// The ranks that they gave, a JSON line for each engine, set and way.
        #[arg(long)]
        ranks: PathBuf,
    },
    /// What a reader that fetches only ranges of the segment would fetch.
    Partial {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        meaning: Meaning,
    },
    /// How fast bytes are checked, whole and page by page.
    Proof,
    /// Makes passages of the texts in a folder, and sentences that should find them.
    Passages {
        /// Folder of text files.
        #[arg(long)]
        folder: PathBuf,
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Builds an index of all points with their fields, and writes what to ask it.
    FieldsPrepare {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        meaning: Meaning,
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Asks it: facets, an order, a filter.
    FieldsSearch {
        /// The folder that was written.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Builds indexes of the words of all points, and writes texts and sentences as peers read them.
    WordsPrepare {
        #[command(flatten)]
        files: Files,
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
    /// Asks one of these indexes every sentence.
    WordsSearch {
        /// The folder that was written.
        #[arg(long)]
        dir: PathBuf,
    },
    /// What unpublished points cost a search, sealed and not, beside the same points published.
    Unpublished {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        meaning: Meaning,
    },
    /// What each thing that a query can ask for costs beside the same query without it.
    Options {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        meaning: Meaning,
    },
    /// Searches a prepared folder.
    Search {
        /// A folder that `prepare` wrote, such as `out/20000`.
        #[arg(long)]
        dir: PathBuf,
        /// `efSearch` values; 0 stands for comparing every code.
        #[arg(long, value_delimiter = ',', default_value = "16,32,48,64,96,128,192,256,384,512,768,0")]
        ef: Vec<u32>,
    },
}

/// What can go wrong in a benchmark: a sentence is enough.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Prepare(inputs) => prepare::run(&inputs),
        Command::Texts { folder, model, out } => sets::texts(&folder, &model, &out),
        Command::Vectors { from, set } => sets::vectors(&from, &set),
        Command::Made(set) => sets::made(&set),
        Command::Planner { dir } => planner::run(&dir),
        Command::Sphere { out } => sets::sphere(&out),
        Command::EngineBuild { dir, name, structure } => engine::build(&dir, &name, structure),
        Command::EngineSearch { dir, name, ef } => engine::search(&dir, &name, &ef),
        Command::Relevance { files, meaning } => relevance::run(&files, &meaning),
        Command::RelevanceSets(sources) => lookups::prepare(&sources),
        Command::RelevancePackages(packages) => lookups::prepare_packages(&packages),
        Command::RelevanceLookups(options) => lookups::run(&options),
        Command::RelevanceRows { asked, ranks } => lookups::rows_of_peers(&asked, &ranks),
        Command::Partial { files, meaning } => partial::run(&files, &meaning),
        Command::Proof => proof::run(),
        Command::Passages { folder, out } => passages::prepare(&folder, &out),
        Command::FieldsPrepare { files, meaning, out } => fields::prepare(&files, &meaning, &out),
        Command::FieldsSearch { dir } => fields::search(&dir),
        Command::WordsPrepare { files, out } => words::prepare(&files, &out),
        Command::WordsSearch { dir } => words::search(&dir),
        Command::Unpublished { files, meaning } => unpublished::run(&files, &meaning),
        Command::Options { files, meaning } => options::run(&files, &meaning),
        Command::Search { dir, ef } => search::run(&dir, &ef),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
