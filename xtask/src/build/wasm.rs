//! Rust to WebAssembly: cargo, then wasm-bindgen as a library at the locked version, then wasm-opt.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::Bindgen;

use super::order;
use crate::install::WASM_TARGET;
use crate::places::{in_cargo_target, in_root, made, npm_bin};
use crate::progress::step;
use crate::shell::{cargo_wasm, command, read, run};
use crate::stamp::Step;

/// Features that rustc's wasm32 target and `simd128` use; wasm-opt refuses code with others.
const WASM_FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What makes the module small as it is sent, compressed, where what is alike is found again:
/// - functions stand beside those that they have most in common with ([`super::order`]): a fortieth;
/// - few are copied into their only caller, where they would be like nothing else: a thirtieth;
/// - data stays in one piece instead of a thousand without the zeros between: a hundredth;
/// - a value that is computed twice is not kept in a local of its own.
const SMALLER: [&str; 8] = [
    "-Oz",
    "--one-caller-inline-max-function-size",
    "20",
    "--skip-pass=memory-packing",
    "--skip-pass=ssa-nomerge",
    "--skip-pass=local-cse",
    // Only a stack that overflows comes below 1,024.
    "--low-memory-unused",
    "-Oz",
];

/// The standard library is built along, so that a panic ends the instance without a sentence: nobody could read it, but
/// what makes it stands at each place that could panic, a thirtieth of the engine. What is called most keeps its speed.
///
/// Cargo calls these flags unstable, so `RUSTC_BOOTSTRAP` has to allow them. What they do here is tested like all else,
/// with the one compiler that `rust-toolchain.toml` names. Not taken: the feature `optimize_for_size`, whose sorts make
/// a search of vectors a tenth slower.
const SMALL_STD: [&str; 10] = [
    "-Zbuild-std=std,panic_abort",
    "-Zpanic-immediate-abort",
    "--config",
    "profile.wasm.panic=\"immediate-abort\"",
    "--config",
    "profile.wasm.package.core.opt-level=3",
    "--config",
    "profile.wasm.package.alloc.opt-level=3",
    "--config",
    "profile.wasm.package.dlmalloc.opt-level=3",
];

/// A WebAssembly module to make.
struct Module {
    /// What the steps are called after.
    label: &'static str,
    package: &'static str,
    features: &'static [&'static str],
    /// Where it goes, below `target/`.
    out: &'static str,
    /// Where cargo builds it, below its target folder. Modules with other flags or features push each other's files out
    /// of a shared one.
    built_in: &'static str,
    /// Whether its script can throw the instance away after a trap and make a new one.
    restarts: bool,
    /// Whether its host writes down what a panic says.
    tells_panics: bool,
}

const ENGINE: Module = Module {
    label: "engine",
    package: "headwater-wasm",
    features: &[],
    out: "js/wasm",
    built_in: "wasm-engine",
    restarts: true,
    tells_panics: false,
};
/// For pages that search by vectors that they bring, and by words.
const ENGINE_WITHOUT_EMBEDDER: Module = Module {
    label: "engine without embedder",
    features: &["--no-default-features", "--features", "words,vectors"],
    out: "js/wasm-without-embedder",
    built_in: "wasm-engine-reduced",
    ..ENGINE
};
/// For pages that search by meaning alone.
const ENGINE_WITHOUT_WORDS: Module = Module {
    label: "engine without words",
    features: &["--no-default-features", "--features", "embed"],
    out: "js/without-words",
    ..ENGINE_WITHOUT_EMBEDDER
};
/// For pages that search by words alone.
const ENGINE_WITHOUT_VECTORS: Module = Module {
    label: "engine without vectors and embedder",
    features: &["--no-default-features", "--features", "words"],
    out: "js/without-vectors",
    ..ENGINE_WITHOUT_EMBEDDER
};
const EDGE: Module = Module {
    label: "edge worker",
    package: "headwater-edge",
    features: &[],
    out: "edge/wasm",
    built_in: "wasm-edge",
    restarts: true,
    tells_panics: true,
};

/// The engine alone, for benchmarks beside peers' libraries.
const BENCH_ENGINE: Module = Module {
    label: "bench engine",
    package: "headwater-bench-engine",
    features: &[],
    out: "js/bench-engine",
    built_in: "wasm-bench-engine",
    restarts: false,
    tells_panics: false,
};

/// Engines that can do less, and are smaller.
const REDUCED: [Module; 3] = [ENGINE_WITHOUT_EMBEDDER, ENGINE_WITHOUT_WORDS, ENGINE_WITHOUT_VECTORS];

/// The engine for browsers and Node.
pub(crate) fn engine() -> Result<()> {
    ENGINE.build().map(drop)
}

/// The edge worker.
pub(crate) fn edge() -> Result<()> {
    EDGE.build().map(drop)
}

/// The engine alone; returns the folder of script and module.
pub(crate) fn bench_engine() -> Result<PathBuf> {
    BENCH_ENGINE.build()?;
    Ok(made(BENCH_ENGINE.out))
}

/// Bytes of a module as it is sent.
pub(crate) struct Size {
    pub(crate) label: &'static str,
    /// Compressed once, as CDNs keep it: brotli, quality 11.
    pub(crate) brotli_bytes: u64,
    /// As servers without brotli send it.
    pub(crate) gzip_bytes: u64,
}

/// The size of the engine.
pub(crate) fn engine_size() -> Result<Size> {
    ENGINE.size()
}

/// The engine without words, and the one without vectors: the folder of each, and the module in it.
pub(crate) fn reduced_engines() -> Result<Vec<(PathBuf, PathBuf)>> {
    let made = |module: &Module| Ok((made(module.out), module.build()?));
    [ENGINE_WITHOUT_WORDS, ENGINE_WITHOUT_VECTORS].iter().map(made).collect()
}

/// The sizes of the engines that can do less.
pub(crate) fn sizes_of_reduced() -> Result<Vec<Size>> {
    REDUCED.iter().map(Module::size).collect()
}

/// The engine in WebAssembly's text form.
pub(crate) fn engine_instructions() -> Result<String> {
    let module = ENGINE.build()?.to_string_lossy().into_owned();
    read(&mut command(npm_bin("wasm-dis"), &[&WASM_FEATURES[..], &[&module]].concat()))
}

/// Node has brotli built in, so no crate is needed for one figure.
const BROTLI: &str = "const { brotliCompressSync, constants: c } = require('node:zlib');
    const bytes = require('node:fs').readFileSync(process.argv[1]);
    const params = { [c.BROTLI_PARAM_QUALITY]: 11, [c.BROTLI_PARAM_LGWIN]: 24, [c.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    console.log(brotliCompressSync(bytes, { params }).length);";

fn brotli_size(path: &Path) -> Result<u64> {
    let printed = read(command("node", &["-e", BROTLI]).arg(path))?;
    printed.parse().with_context(|| format!("node printed {printed:?} instead of a number"))
}

/// A file, gzipped.
pub(super) fn gzip(path: &Path) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&fs::read(path).with_context(|| path.display().to_string())?)?;
    Ok(encoder.finish()?)
}

impl Module {
    fn size(&self) -> Result<Size> {
        let module = self.build()?;
        Ok(Size { label: self.label, brotli_bytes: brotli_size(&module)?, gzip_bytes: gzip(&module)?.len() as u64 })
    }

    /// Makes it and returns the path of the WebAssembly.
    fn build(&self) -> Result<PathBuf> {
        super::prepare_wasm()?;
        let target = in_cargo_target(self.built_in);
        step(&format!("{} (cargo, WebAssembly)", self.label), || {
            let fixed = ["build", "--locked", "--profile", "wasm", "--target", WASM_TARGET, "--package", self.package];
            let mut cargo = cargo_wasm(&[&fixed, self.features].concat());
            cargo.arg("--target-dir").arg(&target).arg("--config").arg(rustflags()?);
            if !self.tells_panics {
                cargo.args(SMALL_STD).env("RUSTC_BOOTSTRAP", "1");
            }
            run(&mut cargo)
        })?;
        let (stem, out) = (self.package.replace('-', "_"), made(self.out));
        let raw = target.join(WASM_TARGET).join("wasm").join(format!("{stem}.wasm"));
        let (bound, script) = (out.join(format!("{stem}_bg.wasm")), out.join(format!("{stem}.js")));
        let name = format!("{} (wasm-bindgen, wasm-opt)", self.label);
        let inputs = [raw.clone(), in_root("package-lock.json"), in_root("Cargo.lock")];
        Step { name: &name, inputs: &inputs, outputs: &[bound.clone(), script] }.unless_fresh(|| {
            if out.exists() {
                fs::remove_dir_all(&out)?;
            }
            fs::create_dir_all(&out)?;
            let mut bindgen = Bindgen::new();
            bindgen.input_path(&raw).out_name(&stem).typescript(true).remove_producers_section(true);
            bindgen.web(true)?.omit_default_module_path(true).reset_state_function(self.restarts);
            bindgen.generate(&out)?;
            optimise(&bound)
        })?;
        Ok(bound)
    }
}

/// Flags beside those of `.cargo/config.toml`. Panics name source files; those of this machine are nobody's business,
/// and would make the bytes and their number differ from machine to machine.
fn rustflags() -> Result<String> {
    let sysroot = read(&mut command("rustc", &["--print", "sysroot"]))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let sources = Path::new(&sysroot).join("lib/rustlib/src/rust");
    let mut flags = vec![format!("--remap-path-prefix={}=rust", sources.display())];
    // At opt-level 3 much is copied into its callers that runs once a query: held back, the engine is 4 % smaller and 2
    // % slower. What must be copied says so (`inline(always)`).
    flags.push("-Cllvm-args=-inline-threshold=25".to_owned());
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=cargo", home.join("registry/src").display())));
    Ok(format!("target.{WASM_TARGET}.rustflags={}", serde_json::to_string(&flags)?))
}

fn optimise(path: &Path) -> Result<()> {
    let (named, smaller) = (path.with_extension("named.wasm"), path.with_extension("opt.wasm"));
    let wasm_opt = |from: &Path, flags: &[&str], to: &Path| {
        let files: [&str; 3] = [&from.to_string_lossy(), "-o", &to.to_string_lossy()];
        read(&mut command(npm_bin("wasm-opt"), &[&WASM_FEATURES[..], flags, &files].concat()))
    };
    wasm_opt(path, &[&SMALLER[..], &["-g"]].concat(), &named)?;
    fs::write(&named, order::in_order(&fs::read(&named)?)?)?;
    wasm_opt(&named, &["--reorder-functions-by-name"], &smaller)?;
    fs::remove_file(&named)?;
    Ok(fs::rename(&smaller, path)?)
}
