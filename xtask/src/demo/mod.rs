//! The demo, from nothing to a URL: origin and edge over real data, and a page.
//!
//! | file | job |
//! | --- | --- |
//! | `mod` | builds, fills, publishes, writes the page's settings |
//! | `servers` | starts origin and edge, waits until they answer, stops them |

mod servers;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use servers::{Edge, Origin, free_port};

use crate::build::{self, Part};
use crate::places::{headwater, in_root, made};
use crate::progress::{beside, say, step, summary};
use crate::shell::{command, read};
use crate::{data, stamp};

const COLLECTION: &str = "wordnet";
const MODEL: &str = "static-minilm-256";
/// Lets the demo's own publisher write to the demo's own edge, on loopback.
const EDGE_TOKEN: &str = "demo";
/// What the marker holds while an import is under way.
const FILLING: &str = "filling";
const GLANCE: Duration = Duration::from_millis(50);

#[derive(Args)]
pub(crate) struct Options {
    /// Port of origin and page; the next free one when it is taken.
    #[arg(long, default_value_t = 7700)]
    port: u16,
    /// Port of the edge worker; the next free one when it is taken.
    #[arg(long, default_value_t = 8787)]
    edge_port: u16,
    /// Folder for the data of origin and edge [default: target/demo].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prepares everything and stops again.
    #[arg(long)]
    no_serve: bool,
}

/// Where the demo keeps what, and what it should hold.
struct Content {
    /// The origin's data.
    data: PathBuf,
    /// The edge's bucket.
    edge: PathBuf,
    /// A file that holds the hash of what was imported.
    marker: PathBuf,
    wanted: String,
    points: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    build::prepare_wasm()?;
    beside(|| build::run(Part::Page), build::headwater)?;
    let content = Content::new(options.data.clone(), data::wordnet()?.points)?;
    content.clear_stale()?;
    let stop = on_interrupt()?;
    let origin = Origin::start(free_port(options.port)?, &content.data, &stop)?;
    content.fill(&origin, &stop)?;
    let trust = read(&mut command(headwater(), &["keys", "show", "--data", &content.data.to_string_lossy()]))?;
    write_settings(&origin, None, &trust)?;
    // The page needs no edge, and the Worker takes two minutes to build.
    println!("\n  Search 117,791 WordNet entries:  {}/", origin.url);
    println!("  The edge joins in a moment; reload the page then.\n");
    let edge = content.start_edge(options, &origin, &trust, &stop)?;
    write_settings(&origin, Some(&edge), &trust)?;
    summary();
    println!("  Search 117,791 WordNet entries:  {}/", origin.url);
    println!("  API of the origin:               {}/docs", origin.url);
    println!("  API of the edge worker:          {}/v1/collections/{COLLECTION}", edge.url);
    println!("  Key that replicas trust:         {trust}\n");
    if options.no_serve {
        return Ok(());
    }
    println!("  Ctrl-C stops both servers; an open page then goes on by itself.");
    while !stop.load(Ordering::SeqCst) {
        thread::sleep(GLANCE);
        origin.child.check()?;
        edge.child.check()?;
    }
    println!("\nStopping.");
    Ok(())
}

/// True after Ctrl-C or a polite kill.
fn on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    ctrlc::set_handler(move || seen.store(true, Ordering::SeqCst))?;
    Ok(stop)
}

/// Tells the page where to ask and whom to trust.
fn write_settings(origin: &Origin, edge: Option<&Edge>, trust: &str) -> Result<()> {
    let config = serde_json::json!({
        "collection": format!("{}/v1/collections/{COLLECTION}", origin.url),
        "edge": edge.map(|edge| format!("{}/v1/collections/{COLLECTION}", edge.url)),
        "trust": trust,
    });
    Ok(fs::write(made("wordnet/web/config.json"), serde_json::to_vec_pretty(&config)?)?)
}

impl Content {
    fn new(folder: Option<PathBuf>, points: PathBuf) -> Result<Self> {
        let folder = folder.map_or_else(|| Ok(made("demo")), std::path::absolute)?;
        fs::create_dir_all(&folder)?;
        let inputs = [points.clone(), in_root("examples/wordnet/model"), in_root("examples/wordnet/schema.json")];
        let formats = read(&mut command(headwater(), &["--version"]))?;
        let wanted = format!("{formats}, content {}", stamp::hash(&inputs)?);
        let (data, edge, marker) = (folder.join("data"), folder.join("edge"), folder.join("content"));
        Ok(Self { data, edge, marker, wanted, points })
    }

    /// Removes what a former demo imported from other inputs, or began to import, and marks the folder as ours.
    fn clear_stale(&self) -> Result<()> {
        let held = fs::read_to_string(&self.marker).ok();
        if held.as_ref() == Some(&self.wanted) {
            return Ok(());
        }
        for folder in [&self.data, &self.edge].into_iter().filter(|folder| folder.exists()) {
            ensure!(held.is_some(), "{} was not made by the demo; name another folder with --data", folder.display());
            say(&format!("· removing stale data: {}", folder.display()));
            fs::remove_dir_all(folder)?;
        }
        Ok(fs::write(&self.marker, FILLING)?)
    }

    /// Builds the Worker, starts it and gives it what is published.
    fn start_edge(&self, options: &Options, origin: &Origin, trust: &str, stop: &AtomicBool) -> Result<Edge> {
        build::run(Part::Edge)?;
        let edge = Edge::start(free_port(options.edge_port)?, &self.edge, trust, EDGE_TOKEN, stop)?;
        step("publish to the edge", || {
            let args = ["publish", "--collection", COLLECTION, "--to", &edge.url, "--to-token", EDGE_TOKEN];
            run_unless(stop, &mut headwater_at(origin, &args))
        })?;
        Ok(edge)
    }

    /// Imports and publishes, unless this very content is there already.
    fn fill(&self, origin: &Origin, stop: &AtomicBool) -> Result<()> {
        if fs::read_to_string(&self.marker).is_ok_and(|held| held == self.wanted) && is_published(origin) {
            say("✓ WordNet is imported and published");
            return Ok(());
        }
        fs::write(&self.marker, FILLING)?;
        let (model, schema) = (in_root("examples/wordnet/model"), in_root("examples/wordnet/schema.json"));
        let [model, schema, points] = [&model, &schema, &self.points].map(|path: &PathBuf| path.to_string_lossy());
        let at = |args: &[&str]| run_unless(stop, &mut headwater_at(origin, args));
        step("add the model", || at(&["model", "add", &model, "--name", MODEL]))?;
        step("create the collection", || at(&["create", COLLECTION, "--schema", &schema]))?;
        step("import WordNet", || at(&["import", &points, "--collection", COLLECTION]))?;
        step("publish", || at(&["publish", "--collection", COLLECTION]))?;
        ensure!(is_published(origin), "the origin does not hold what was imported; see its log");
        Ok(fs::write(&self.marker, &self.wanted)?)
    }
}

/// Whether the origin has published the collection.
fn is_published(origin: &Origin) -> bool {
    let status = origin.get(&format!("/v1/collections/{COLLECTION}")).ok();
    let status: Option<Value> = status.and_then(|body| serde_json::from_str(&body).ok());
    let number = |name: &str| status.as_ref().and_then(|s| s.get(name)).and_then(Value::as_u64);
    number("version").is_some_and(|v| v > 0) && number("points") == Some(data::POINTS as u64)
}

/// A `headwater` command that talks to the origin.
fn headwater_at(origin: &Origin, args: &[&str]) -> Command {
    let mut headwater = command(headwater(), args);
    headwater.args(["--url", &origin.url]);
    headwater
}

/// Runs a command, and ends it when this process is asked to stop.
fn run_unless(stop: &AtomicBool, command: &mut Command) -> Result<()> {
    let mut child = command.spawn().context("cannot start headwater")?;
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(()) } else { bail!("headwater ended with {status}") };
        }
        if stop.load(Ordering::SeqCst) {
            child.kill()?;
            child.wait()?;
            bail!("stopped");
        }
        thread::sleep(GLANCE);
    }
}
