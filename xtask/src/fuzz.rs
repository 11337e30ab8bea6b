//! Fuzzes everything that reads foreign bytes: the targets of `tests/fuzz`, one after the other.
//!
//! What is found on the way stays in `target/fuzz/corpus`, so that the next run goes on from there; what does harm
//! stands in `target/fuzz/artifacts`. Neither is written where the kept inputs are.
//!
//! Stable Rust is enough: coverage is counted by flags that are stable, and what a sanitizer would look for safe code
//! does not do.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::install;
use crate::places::{in_cargo_target, in_root, made};
use crate::progress::{say, silent_step, step};
use crate::shell::{cargo_tool, run as run_command};

const CRATE: &str = "tests/fuzz";
/// Seconds that one input may take: an open or a search of it takes milliseconds.
const LONGEST_INPUT: u32 = 10;
/// MiB of the whole process, which keeps its corpus in memory; the limit on one call is the crate's own.
const MOST_MEMORY_MIB: u32 = 2048;
/// With one of these begins what the fuzzer prints of an input that does harm, and so many lines of it are shown.
const HARM: [&str; 3] = ["panicked at", "memory allocation of", "ERROR: libFuzzer"];
const SHOWN_LINES: usize = 40;

/// Fuzzes one target, or each, for so many seconds.
pub(crate) fn run(target: Option<&str>, seconds: u32) -> Result<()> {
    let mut targets = targets()?;
    if let Some(wanted) = target {
        if !targets.iter().any(|name| name == wanted) {
            bail!("no target {wanted:?}; there are {}", targets.join(", "));
        }
        targets.retain(|name| name == wanted);
    }
    let cargo_fuzz = install::cargo_fuzz()?;
    step("build fuzz targets", || run_command(&mut fuzzer(&cargo_fuzz, "build", &[])))?;
    for target in &targets {
        let summary = silent_step(&format!("fuzz {target}"), || fuzz(&cargo_fuzz, target, seconds))?;
        say(&format!("  {target}: {summary}"));
    }
    Ok(())
}

/// The names of all targets: a file each.
fn targets() -> Result<Vec<String>> {
    let folder = in_root(CRATE).join("fuzz_targets");
    let files = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut names = Vec::new();
    for file in files {
        names.extend(file?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// A command of cargo-fuzz over our crate. Its builds have other flags, so they lie apart.
fn fuzzer(cargo_fuzz: &Path, what: &str, rest: &[&str]) -> Command {
    let place = in_cargo_target("fuzz");
    let mut command = cargo_tool(cargo_fuzz, &[what, "--sanitizer", "none", "--features", "libfuzzer"]);
    command.arg("--fuzz-dir").arg(in_root(CRATE)).arg("--target-dir").arg(place).args(rest);
    command
}

/// Runs one target, and says how far it got.
fn fuzz(cargo_fuzz: &Path, target: &str, seconds: u32) -> Result<String> {
    let (found, harm) = (made("fuzz/corpus").join(target), made("fuzz/artifacts").join(target));
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&harm)?;
    let mut command = fuzzer(cargo_fuzz, "run", &[target]);
    command.arg(found);
    let kept = ["corpus", "regressions"].map(|folder| in_root(CRATE).join(folder).join(target));
    command.args(kept.iter().filter(|folder| folder.is_dir()));
    // The last of two prefixes counts, and cargo-fuzz gives one that lies among the sources.
    command.arg("--").arg(format!("-artifact_prefix={}/", harm.display()));
    command.args([
        format!("-max_total_time={seconds}"),
        format!("-timeout={LONGEST_INPUT}"),
        format!("-rss_limit_mb={MOST_MEMORY_MIB}"),
        "-len_control=0".to_owned(),
    ]);
    let output = command.output().context("cannot start cargo-fuzz")?;
    let printed = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = printed.lines().collect();
    if !output.status.success() {
        let says_what = |line: &str| HARM.iter().any(|harm| line.contains(harm));
        let first = lines.iter().position(|line| says_what(line)).unwrap_or(lines.len().saturating_sub(SHOWN_LINES));
        let shown = lines.get(first..lines.len().min(first + SHOWN_LINES)).unwrap_or_default();
        bail!(
            "{}\n\n{target} has an input that does harm, in {}; keep it: copy it to {CRATE}/regressions/{target}/",
            shown.join("\n"),
            harm.display()
        );
    }
    let done = lines.iter().rev().find(|line| line.starts_with("Done "));
    Ok(done.map_or_else(|| "done".to_owned(), |line| line.to_lowercase()))
}
