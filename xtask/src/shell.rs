//! Runs commands.

use std::cell::Cell;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::{overdue, places};

/// Where rustc flags may come from. Those of the environment would replace those that
/// `.cargo/config.toml` has for WebAssembly, and `simd128` with them.
const RUSTC_FLAGS: [&str; 2] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"];

/// A command in the repository's folder.
pub(crate) fn command(program: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(places::root()).stdin(Stdio::null());
    command
}

/// The cargo that runs this.
pub(crate) fn cargo(args: &[&str]) -> Command {
    cargo_tool(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// A program that runs cargo, without the variables by which that would tie its children to this crate.
pub(crate) fn cargo_tool(program: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = command(program, args);
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("CARGO_PKG_")) {
        command.env_remove(name);
    }
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH");
    command
}

/// Cargo for the WebAssembly target, with the flags that the repository has for it and no others.
pub(crate) fn cargo_wasm(args: &[&str]) -> Command {
    let mut command = cargo(args);
    RUSTC_FLAGS.iter().for_each(|name| {
        command.env_remove(name);
    });
    command
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs something whose commands print nothing unless they fail.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let before = QUIET.replace(true);
    let outcome = work();
    QUIET.set(before);
    outcome
}

/// Whether this thread leaves the screen to others.
pub(crate) fn is_quiet() -> bool {
    QUIET.get()
}

/// Runs a command, its output on the screen.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    if is_quiet() {
        return read(command).map(drop);
    }
    let status = command.status().with_context(|| format!("cannot start {}", name_of(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", name_of(command));
    }
    Ok(())
}

/// Runs a command, its output on the screen, and ends it when it takes longer than this: what ran then is in the error.
pub(crate) fn run_within(limit: Duration, command: &mut Command) -> Result<()> {
    let mut child = command.spawn().with_context(|| format!("cannot start {}", name_of(command)))?;
    let started = Instant::now();
    while started.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(()) } else { bail!("{} ended with {status}", name_of(command)) };
        }
        thread::sleep(Duration::from_millis(50));
    }
    let running = overdue::describe(child.id());
    overdue::end(child.id());
    child.wait()?;
    bail!("{} had not ended after {} minutes; what ran then:\n{running}", name_of(command), limit.as_secs() / 60)
}

/// Runs a command quietly and gives what it printed; when it fails, that stands in the error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", name_of(command)))?;
    let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}\n{printed}\n{}", name_of(command), output.status, complaint.trim());
    }
    Ok(printed)
}

/// What a program answers to `--version`, when it can be started.
pub(crate) fn version_of(program: &Path) -> Option<String> {
    let text = read(&mut command(program, &["--version"])).ok()?;
    text.lines().next().map(str::to_owned)
}

fn name_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    // Elsewhere there is no `/proc` to name it by.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_does_not_end_is_named_and_ended() {
        let mut command = command("sh", &["-c", "sleep 77 & wait"]);
        let said = run_within(Duration::from_secs(2), &mut command).unwrap_err().to_string();
        let line = said.lines().find(|line| line.ends_with("sleep 77 ")).unwrap_or_else(|| panic!("{said}"));
        let process = line.split_whitespace().next().unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let is_over = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            state().is_empty() || state().contains(") Z ")
        });
        assert!(is_over, "it runs on: {}", state());
        assert!(run_within(Duration::from_secs(60), &mut Command::new("true")).is_ok());
        assert!(run_within(Duration::from_secs(60), &mut Command::new("false")).is_err());
    }
}
