//! TypeScript and the worker's entry: esbuild bundles, tsc checks and declares.

use std::fs;

use anyhow::Result;

use crate::check;
use crate::places::{in_root, made, npm_bin};
use crate::shell::{command, read};
use crate::stamp::Step;

/// What all bundles have in common.
const BUNDLE: [&str; 4] = ["--bundle", "--format=esm", "--target=es2022", "--log-level=warning"];

/// The npm package `headwater` into `packages/js/dist`.
pub(crate) fn package() -> Result<()> {
    check::generated(false)?;
    let (wasm, dist) = (made("js/wasm"), in_root("packages/js/dist"));
    let sources = ["packages/js/src", "packages/js/package.json", "packages/js/tsconfig.json", "package-lock.json"];
    let inputs = [&sources.map(in_root)[..], std::slice::from_ref(&wasm)].concat();
    let outputs = ["index.js", "node.js", "worker.js", "headwater_bg.wasm", "index.d.ts"].map(|f| dist.join(f));
    Step { name: "npm package (esbuild, tsc)", inputs: &inputs, outputs: &outputs }.unless_fresh(|| {
        read(&mut command(npm_bin("tsc"), &["--noEmit", "--project", "packages/js/tsconfig.json"]))?;
        if dist.exists() {
            fs::remove_dir_all(&dist)?;
        }
        fs::create_dir_all(&dist)?;
        let alias = format!("--alias:#wasm={}", wasm.join("headwater_wasm.js").display());
        let out = format!("--outdir={}", dist.display());
        let shared = [&BUNDLE[..], &["--sourcemap", &alias, &out]].concat();
        let browser = ["packages/js/src/index.ts", "packages/js/src/worker.ts", "--platform=browser"];
        read(&mut command(npm_bin("esbuild"), &[&browser[..], &shared].concat()))?;
        let node = ["packages/js/src/node.ts", "--platform=node"];
        read(&mut command(npm_bin("esbuild"), &[&node[..], &shared].concat()))?;
        fs::copy(wasm.join("headwater_wasm_bg.wasm"), dist.join("headwater_bg.wasm"))?;
        read(&mut command(npm_bin("tsc"), &["--project", "packages/js/tsconfig.json"])).map(drop)
    })
}

/// The Cloudflare Worker into `target/edge`.
pub(crate) fn edge() -> Result<()> {
    let (wasm, out) = (made("edge/wasm"), made("edge"));
    let entry = in_root("edge-worker/entry.mjs");
    let outputs = ["index.js", "index_bg.wasm"].map(|f| out.join(f));
    let inputs = [wasm.clone(), entry.clone(), in_root("package-lock.json")];
    Step { name: "edge worker (esbuild)", inputs: &inputs, outputs: &outputs }.unless_fresh(|| {
        fs::copy(wasm.join("headwater_edge_bg.wasm"), out.join("index_bg.wasm"))?;
        let entry = entry.to_string_lossy();
        let alias = format!("--alias:#wasm={}", wasm.join("headwater_edge.js").display());
        let file = format!("--outfile={}", out.join("index.js").display());
        let fixed = [&*entry, &alias, &file, "--external:*.wasm", "--external:cloudflare:*", "--external:node:*"];
        read(&mut command(npm_bin("esbuild"), &[&fixed[..], &BUNDLE].concat())).map(drop)
    })
}
