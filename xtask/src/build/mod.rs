//! Builds each part into its place.
//!
//! ```text
//! wasm/        ── cargo ── wasm-bindgen (library) ── wasm-opt ──> target/js/wasm
//! packages/js  ── esbuild, tsc ─────────────────────────────────> packages/js/dist
//! the same with fewer features ─────────────────────────────────> target/js/without-words, target/js/without-vectors
//! edge-worker/ ── cargo ── wasm-bindgen ── wasm-opt ── esbuild ──> target/edge
//! examples/wordnet/web ── esbuild ──────────────────────────────> target/wordnet/web
//! origin-server/ ── cargo ──────────────────────────────────────> target/release/headwater, target/debug/headwater
//! ```

mod order;
mod page;
mod scripts;
mod wasm;

use anyhow::Result;
use clap::ValueEnum;

pub(crate) use wasm::{Size, bench_engine, engine_instructions, engine_size, sizes_of_reduced};

use crate::install;
use crate::places::in_root;
use crate::progress::step;
use crate::shell::{cargo, run as run_command};

/// A part that can be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The engine as WebAssembly.
    Wasm,
    /// The Cloudflare Worker.
    Edge,
    /// The npm package.
    Js,
    /// The engine without words, and without vectors, each with its worker: folders for the option `assets`.
    Reduced,
    /// The origin server and command line, as they are shipped.
    Origin,
    /// The demo's page.
    Page,
    /// Everything.
    All,
}

/// The `headwater` command for tests and demo.
pub(crate) fn headwater() -> Result<()> {
    step("headwater (cargo)", || run_command(&mut cargo(&["build", "--locked", "--package", "headwater-origin"])))
}

/// Adds what parts in WebAssembly and JavaScript need, so that they can be built beside others that need it as well.
pub(crate) fn prepare_wasm() -> Result<()> {
    install::WASM.add()?;
    install::STD_SOURCE.add()?;
    install::npm()
}

pub(crate) fn run(part: Part) -> Result<()> {
    match part {
        Part::Wasm => wasm::engine(),
        Part::Js => wasm::engine().and_then(|()| scripts::package()),
        Part::Reduced => scripts::reduced(),
        Part::Edge => wasm::edge().and_then(|()| scripts::edge()),
        Part::Page => run(Part::Js).and_then(|()| page::build()),
        // With the scripts that pages load: `headwater build` writes them beside an index.
        Part::Origin => run(Part::Js).and_then(|()| {
            step("origin server (cargo)", || {
                let mut build = cargo(&["build", "--release", "--locked", "--package", "headwater-origin"]);
                run_command(build.env("HEADWATER_PACKAGE_DIR", in_root("packages/js/dist")))
            })
        }),
        Part::All => [Part::Origin, Part::Page, Part::Reduced, Part::Edge].into_iter().try_for_each(run),
    }
}
