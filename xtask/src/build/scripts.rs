//! TypeScript and the worker's entry: esbuild bundles, tsc checks and declares.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::wasm::{gzip, reduced_engines};
use crate::places::{in_root, made, npm_bin};
use crate::shell::{command, read};
use crate::stamp::Step;

/// What all bundles have in common.
const BUNDLE: [&str; 3] = ["--bundle", "--target=es2022", "--log-level=warning"];

/// What `search-box.ts` imports by when a file did not arrive at first, with the comments that minifying would drop.
const IMPORT_BY_URL: &str =
    "--banner:js=const importByUrl = (url) => import(/* webpackIgnore: true */ /* @vite-ignore */ url);";

/// The npm package `headwater` into `packages/js/dist`.
pub(crate) fn package() -> Result<()> {
    let (wasm, dist) = (made("js/wasm"), in_root("packages/js/dist"));
    let sources = ["packages/js/src", "packages/js/package.json", "packages/js/tsconfig.json", "package-lock.json"];
    let inputs = [&sources.map(in_root)[..], std::slice::from_ref(&wasm)].concat();
    let scripts = ["browser.js", "node.js", "edge.js", "worker.js", "inline.js", "search-box.js"];
    let files = [&scripts[..], &["headwater_bg.wasm", "index.js", "index.d.ts"]].concat();
    let outputs: Vec<PathBuf> = files.iter().map(|f| dist.join(f)).collect();
    Step { name: "npm package (esbuild, tsc)", inputs: &inputs, outputs: &outputs }.unless_fresh(|| {
        read(&mut command(npm_bin("tsc"), &["--noEmit", "--project", "packages/js/tsconfig.json"]))?;
        if dist.exists() {
            fs::remove_dir_all(&dist)?;
        }
        fs::create_dir_all(&dist)?;
        let engine = wasm.join("headwater_wasm_bg.wasm");
        let alias = format!("--alias:#wasm={}", wasm.join("headwater_wasm.js").display());
        let out = format!("--outdir={}", dist.display());
        let bundle =
            |options: &[&str]| read(&mut command(npm_bin("esbuild"), &[&BUNDLE[..], &[&*alias], options].concat()));
        // What is loaded when it is needed stays a file of its own.
        let shared = ["--format=esm", "--sourcemap", "--external:./inline.js", &out];
        let browser = ["browser=packages/js/src/index.ts", "packages/js/src/edge.ts"];
        bundle(&[&browser[..], &["--platform=browser"], &shared[..]].concat())?;
        // No bundler of a page's own makes this one small.
        let worker = ["packages/js/src/worker.ts", "--platform=browser", "--minify"];
        bundle(&[&worker[..], &shared[..]].concat())?;
        bundle(&[&["packages/js/src/node.ts", "--platform=node"], &shared[..]].concat())?;
        // Sites serve it as it is, to readers most of whom never search: minified, and without the client.
        let search = ["packages/js/src/search-box.ts", "--platform=browser", "--format=esm", "--sourcemap", "--minify"];
        bundle(&[&search[..], &["--external:./browser.js", IMPORT_BY_URL, &out]].concat())?;
        // The name that an import map may give: the entry has one that no bundle has, see src/start.ts.
        fs::write(dist.join("index.js"), "export * from \"./browser.js\";\n")?;
        fs::copy(&engine, dist.join("headwater_bg.wasm"))?;

        let parts = made("js/inline");
        fs::create_dir_all(&parts)?;
        let (packed, script) = (parts.join("engine.gz"), parts.join("worker.txt"));
        fs::write(&packed, gzip(&engine)?)?;
        let classic = ["packages/js/src/worker.ts", "--format=iife", "--minify", "--define:import.meta.url=undefined"];
        bundle(&[&classic[..], &[&format!("--outfile={}", script.display())]].concat())?;
        let (engine, worker) =
            (format!("--alias:#engine={}", packed.display()), format!("--alias:#worker={}", script.display()));
        let inline = ["packages/js/src/inline.ts", "--format=esm", "--loader:.gz=base64", &engine, &worker, &out];
        bundle(&inline)?;
        read(&mut command(npm_bin("tsc"), &["--project", "packages/js/tsconfig.json"])).map(drop)
    })
}

/// The reduced engines, each with the worker that fits it, because a worker has the calls of one module.
pub(crate) fn reduced() -> Result<()> {
    for (folder, engine) in reduced_engines()? {
        let name = format!("worker for {}", folder.file_name().unwrap_or_default().to_string_lossy());
        let outputs = ["worker.js", "headwater_bg.wasm"].map(|file| folder.join(file));
        let inputs = [engine.clone(), in_root("packages/js/src"), in_root("package-lock.json")];
        Step { name: &name, inputs: &inputs, outputs: &outputs }.unless_fresh(|| {
            let alias = format!("--alias:#wasm={}", engine.with_file_name("headwater_wasm.js").display());
            let file = format!("--outfile={}", folder.join("worker.js").display());
            let options = ["packages/js/src/worker.ts", "--platform=browser", "--format=esm", &alias, &file];
            read(&mut command(npm_bin("esbuild"), &[&BUNDLE[..], &options].concat()))?;
            Ok(fs::copy(&engine, folder.join("headwater_bg.wasm")).map(drop)?)
        })?;
    }
    Ok(())
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
        let fixed = [
            &*entry,
            &alias,
            &file,
            "--external:*.wasm",
            "--external:cloudflare:*",
            "--external:node:*",
            "--format=esm",
        ];
        read(&mut command(npm_bin("esbuild"), &[&fixed[..], &BUNDLE].concat())).map(drop)
    })
}
