//! What runs while a command does not end: a test that hangs is named before it is ended, and CI says more than that
//! its time is over.

use std::fs;
use std::path::Path;

/// A process, as `/proc` tells of it.
struct Process {
    id: u32,
    parent: u32,
}

/// The processes that descend from one, itself first. None where there is no `/proc`.
fn family(id: u32) -> Vec<u32> {
    let all: Vec<Process> =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| of(&e.path())).collect();
    let mut found = vec![id];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        let children = all.iter().filter(|process| process.parent == parent && !found.contains(&process.id));
        found.extend(children.map(|process| process.id).collect::<Vec<_>>());
        at += 1;
    }
    found
}

fn of(folder: &Path) -> Option<Process> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // The name before it stands in brackets and may have any character.
    let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    Some(Process { id, parent })
}

/// A line for each thread below a process: Rust's tests run in threads that have the beginning of their names.
pub(crate) fn describe(id: u32) -> String {
    let read = |path: String| fs::read_to_string(path).unwrap_or_default();
    let mut lines = String::new();
    for id in family(id) {
        let command = read(format!("/proc/{id}/cmdline")).replace('\0', " ");
        lines.push_str(&format!("  {id} {}\n", command.chars().take(160).collect::<String>()));
        for thread in fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
            let file = |name: &str| read(thread.path().join(name).to_string_lossy().into_owned());
            lines.push_str(&format!("      {:<16} waits in {}\n", file("comm").trim(), file("wchan").trim()));
        }
    }
    lines
}

/// Ends a process and all below it, itself first: it would start what comes next.
pub(crate) fn end(id: u32) {
    for id in family(id) {
        // One that has ended meanwhile needs no signal.
        let _ = std::process::Command::new("kill").args(["-KILL", &id.to_string()]).status();
    }
}
