//! The demo's page: bundle, static files, engine, and a service worker that knows all their names.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::places::{in_root, made, npm_bin};
use crate::shell::{command, read};
use crate::stamp::{self, Step};

/// Made when the demo starts, so neither a part of the shell nor wiped with it.
const SETTINGS: &str = "config.json";

pub(crate) fn build() -> Result<()> {
    let (source, out) = (in_root("examples/wordnet/web"), made("wordnet/web"));
    let dist = in_root("packages/js/dist");
    let package = ["browser.js", "worker.js", "headwater_bg.wasm", "index.d.ts"].map(|f| dist.join(f));
    let inputs = [&[source.clone(), in_root("package-lock.json")], &package[..]].concat();
    let outputs = [out.join("sw.js"), out.join("index.html")];
    Step { name: "page (esbuild, tsc)", inputs: &inputs, outputs: &outputs }.unless_fresh(|| {
        for config in ["tsconfig.json", "tsconfig.sw.json"] {
            read(&mut command(npm_bin("tsc"), &["--noEmit", "--project", &format!("examples/wordnet/web/{config}")]))?;
        }
        clear(&out)?;
        let outdir = format!("--outdir={}", out.display());
        // The page names the folder of worker and engine, so it never needs them as a script.
        let fonts = ["--loader:.woff2=file", "--asset-names=fonts/[name]"];
        bundle(&["main.ts", "style.css"], &[&fonts[..], &["--external:./inline.js", &outdir]].concat())?;
        copy(&source.join("public"), &out)?;
        fs::create_dir_all(out.join("headwater"))?;
        for file in ["worker.js", "headwater_bg.wasm"] {
            fs::copy(dist.join(file), out.join("headwater").join(file))?;
        }
        let (files, version) = shell(&out)?;
        let files = format!("--define:__SHELL_FILES__={files}");
        let version = format!("--define:__SHELL_VERSION__=\"{version}\"");
        bundle(&["sw.ts"], &[&files, &version, &outdir])
    })
}

/// Removes all but the settings: an origin may be serving this folder.
fn clear(out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else if !path.ends_with(SETTINGS) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn bundle(sources: &[&str], options: &[&str]) -> Result<()> {
    let sources: Vec<String> = sources.iter().map(|s| format!("examples/wordnet/web/src/{s}")).collect();
    let shared = ["--bundle", "--format=esm", "--target=es2022", "--minify", "--log-level=warning"];
    let args: Vec<&str> = sources.iter().map(String::as_str).chain(shared).chain(options.iter().copied()).collect();
    read(&mut command(npm_bin("esbuild"), &args)).map(drop)
}

/// The paths that the service worker keeps, as JSON, and a version that changes with their contents.
fn shell(out: &Path) -> Result<(String, String)> {
    let mut files = Vec::new();
    stamp::walk(out, &mut files)?;
    files.retain(|f| !f.ends_with(SETTINGS) && f.extension().is_none_or(|e| e != "map"));
    files.sort();
    let version = stamp::hash(&files)?;
    let paths: Vec<String> = files
        .iter()
        .filter_map(|f| f.strip_prefix(out).ok())
        .map(|f| format!("/{}", f.to_string_lossy().replace('\\', "/")))
        .collect();
    Ok((serde_json::to_string(&paths)?, version.chars().take(16).collect()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> = Vec::new();
    stamp::walk(from, &mut files)?;
    for file in files {
        let target = to.join(file.strip_prefix(from)?);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&file, target)?;
    }
    Ok(())
}
