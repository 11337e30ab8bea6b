//! All tests, fast ones first.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::ValueEnum;

use crate::build::{self, Part};
use crate::check::{self, WASM_ONLY};
use crate::install;
use crate::places::{headwater, in_root, made};
use crate::progress::{beside, say, step, summary};
use crate::shell::{cargo, command, run_within};
use crate::{data, fuzz, handbook, stamp};

/// Bytes, by brotli as CDNs send it, that the engine may have with everything in it: vectors, words in ten languages,
/// the embedder, filters, sync and verification in less than one photograph.
const ENGINE_LIMIT_BYTES: u64 = 320 * 1024;

/// Seconds that each fuzz target runs: enough to replay what is kept and to try some ten thousand more.
const FUZZ_SECONDS: u32 = 8;

/// What a step of tests may take, several times what it takes: one that hangs has to end, and be named, before CI's
/// time is over.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// What the kernels must have become, and how often at least: table lookups of two halves by two nibbles, dot products
/// of even and odd codes, sums as u16, scores as f32.
const KERNEL_INSTRUCTIONS: [(&str, usize); 6] = [
    ("i8x16.swizzle", 4),
    ("i32x4.dot_i16x8_s", 2),
    ("i16x8.shr_u", 4),
    ("i16x8.add", 4),
    ("f32x4.mul", 4),
    ("f32x4.ge", 2),
];

/// A group of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Group {
    /// Formatting, tidiness, clippy.
    Fast,
    /// All native Rust tests, with assertions and a real S3 server; then each fuzz target for some seconds.
    Rust,
    /// WebAssembly builds, the engine's size and instructions.
    Wasm,
    /// The npm package in Node, the worker in workerd.
    Js,
    /// Real servers, real browsers, real data.
    E2e,
    /// The packed package, made into pages by bundlers and opened in a browser.
    Bundlers,
    /// Plugins with their site generators, and the handbook, searched in a browser.
    Plugins,
}

/// All groups, or some. `long` runs the bundlers in all their versions, which takes a quarter of an hour, and all
/// generators of sites.
pub(crate) fn run(only: &[Group], long: bool) -> Result<()> {
    let wanted = |group: &Group| only.is_empty() || only.contains(group);
    let (native, with_node) = Group::value_variants().split_at(2);
    let native = || {
        native.iter().filter(|g| wanted(g)).try_for_each(|group| if *group == Group::Fast { fast() } else { rust() })
    };
    let with_node: Vec<&Group> = with_node.iter().filter(|g| wanted(g)).collect();
    let outcome = if with_node.is_empty() {
        native()
    } else {
        // Native code is compiled by many at once but for the end of each crate; WebAssembly by one.
        build::prepare_wasm().and_then(|()| beside(build_for_node, native))
    };
    let outcome = outcome.and_then(|()| {
        if !with_node.is_empty() && !wanted(&Group::Rust) {
            build::headwater()?;
        }
        with_node.iter().try_for_each(|group| match group {
            Group::Js => js(),
            Group::E2e => e2e(),
            Group::Bundlers => bundlers(long),
            Group::Plugins => plugins(long),
            _ => wasm(),
        })
    });
    summary();
    if outcome.is_ok() {
        println!("All tests passed.");
    }
    outcome
}

/// What tests in Node need beside the `headwater` command. That one the native tests have built already, from the same
/// sources in the same profile; on its own it would be built once more, because a few dependencies then
/// have fewer features.
fn build_for_node() -> Result<()> {
    build::run(Part::Page)?;
    build::run(Part::Reduced)?;
    build::run(Part::Edge)
}

fn fast() -> Result<()> {
    check::quick()?;
    check::clippy()
}

fn rust() -> Result<()> {
    let moto = install::moto()?;
    step("native tests", || {
        let args = ["test", "--locked", "--workspace"];
        run_within(LIMIT, cargo(&[&args[..], &WASM_ONLY].concat()).env("HEADWATER_MOTO", moto))
    })?;
    fuzz::run(None, FUZZ_SECONDS)
}

fn wasm() -> Result<()> {
    let size = build::engine_size()?;
    say(&format!("  {}: {} bytes by brotli, {} gzipped", size.label, size.brotli_bytes, size.gzip_bytes));
    ensure!(
        size.brotli_bytes < ENGINE_LIMIT_BYTES,
        "the {} has {} bytes by brotli; the limit is {ENGINE_LIMIT_BYTES}",
        size.label,
        size.brotli_bytes
    );
    step("vector instructions of the engine", || {
        let instructions = build::engine_instructions()?;
        for (instruction, least) in KERNEL_INSTRUCTIONS {
            let count =
                instructions.lines().filter(|line| line.trim_start().starts_with(&format!("({instruction}"))).count();
            ensure!(
                count >= least,
                "the engine has {count} of {instruction}, its kernels need {least}: were they vectorised?"
            );
        }
        Ok(())
    })
}

fn js() -> Result<()> {
    step("npm package in Node", || run_within(LIMIT, &mut node_test("packages/js/test")?))?;
    step("edge worker in workerd", || run_within(LIMIT, &mut node_test("edge-worker/test")?))
}

fn e2e() -> Result<()> {
    let browsers = install::browsers()?;
    data::wordnet()?;
    step("end to end", || run_within(LIMIT, node_test("tests/e2e")?.envs(browsers)))
}

fn bundlers(long: bool) -> Result<()> {
    let browsers = install::browsers()?;
    data::wordnet()?;
    step("bundlers", || {
        let mut tests = node_test("tests/bundlers")?;
        tests.envs(browsers);
        if long {
            tests.env("HEADWATER_LONG", "1");
        }
        run_within(LIMIT, &mut tests)
    })
}

fn plugins(long: bool) -> Result<()> {
    let browsers = install::browsers()?;
    let generators = install::generators()?;
    handbook::sites()?;
    step("plugins", || {
        let mut tests = node_test("tests/plugins")?;
        tests.envs(browsers).env("HEADWATER_PYTHON_BIN", generators);
        if long {
            tests.env("HEADWATER_LONG", "1");
        }
        run_within(LIMIT, &mut tests)
    })
}

/// Node's test runner over the `*.test.mjs` files of a folder, one file after the other.
fn node_test(folder: &str) -> Result<Command> {
    let mut files: Vec<PathBuf> = Vec::new();
    stamp::walk(&in_root(folder), &mut files)?;
    files.retain(|f| f.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    if files.is_empty() {
        bail!("no *.test.mjs in {folder}");
    }
    let mut node = command("node", &["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    node.args(files)
        .env("HEADWATER_BIN", headwater())
        .env("HEADWATER_EDGE_DIR", made("edge"))
        .env("HEADWATER_TARGET", in_root("target"));
    Ok(node)
}
