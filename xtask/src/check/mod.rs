//! What can be said of the code without running it.

mod tidy;

use anyhow::{Context as _, Result};

pub(crate) use tidy::tidy;

use crate::install::{self, WASM_TARGET};
use crate::progress::{silent_step, step};
use crate::shell::{cargo, cargo_wasm, read, run};

/// The TypeScript of the API's types.
const GENERATED: &str = "packages/js/src/generated.ts";
/// The crates that the core is made of.
const CORE: [&str; 6] =
    ["headwater-core", "headwater-embed", "headwater-http", "headwater-index", "headwater-model", "headwater-text"];
/// The crate that only makes sense as WebAssembly.
pub(crate) const WASM_ONLY: [&str; 2] = ["--exclude", "headwater-wasm"];

/// What takes seconds.
pub(crate) fn quick() -> Result<()> {
    silent_step("formatting", || {
        let difference = read(&mut cargo(&["fmt", "--all", "--check"]));
        difference.map(drop).context("run: cargo fmt --all")
    })?;
    silent_step("tidiness", tidy)
}

/// Clippy over every crate on the targets that it runs on.
pub(crate) fn clippy() -> Result<()> {
    install::WASM.add()?;
    let strict = ["--", "-D", "warnings"];
    step("clippy, native", || {
        let args = ["clippy", "--locked", "--workspace", "--all-targets"];
        run(&mut cargo(&[&args[..], &WASM_ONLY, &strict].concat()))
    })?;
    let wasm = ["clippy", "--locked", "--target", WASM_TARGET];
    step("clippy, WebAssembly", || {
        let crates: Vec<&str> =
            ["headwater-wasm", "headwater-edge"].into_iter().chain(CORE).flat_map(|name| ["--package", name]).collect();
        run(&mut cargo_wasm(&[&wasm[..], &crates, &strict].concat()))
    })?;
    for parts in ["words,vectors", "words", "embed"] {
        step(&format!("clippy, engine with {parts}"), || {
            let crates = ["--package", "headwater-wasm", "--no-default-features", "--features", parts];
            run(&mut cargo_wasm(&[&wasm[..], &crates, &strict].concat()))
        })?;
    }
    Ok(())
}

/// All of it.
pub(crate) fn lint() -> Result<()> {
    quick()?;
    clippy()?;
    generated(false)
}

/// Writes the package's types, or compares them: a test of the crate that has the API's types does both.
pub(crate) fn generated(write: bool) -> Result<()> {
    silent_step("generated types", || {
        let mut test = cargo(&["test", "--locked", "--package", "headwater-model", "--test", "typescript"]);
        if write {
            test.env("HEADWATER_BLESS", "1");
        }
        read(&mut test).map(drop)
    })
}
