//! Packs the scripts that pages load into the binary, where `HEADWATER_PACKAGE_DIR` names their folder: the `dist` of
//! the npm package, which is built by other tools. Without it the binary has none, and `headwater build` asks for them.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const VARIABLE: &str = "HEADWATER_PACKAGE_DIR";
/// What only other runtimes read.
const ELSEWHERE: [&str; 3] = ["node.js", "edge.js", "index.js"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    let files = match env::var_os(VARIABLE) {
        Some(folder) => files(Path::new(&folder))?,
        None => Vec::new(),
    };
    let mut text = String::from("/// Files by name.\nstatic PACKED: &[(&str, &[u8])] = &[\n");
    for path in files {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        text.push_str(&format!("    ({name:?}, include_bytes!({:?})),\n", path.display().to_string()));
    }
    text.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("packed.rs"), text)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = fs::canonicalize(entry?.path())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_kind = [".js", ".wasm", ".css"].iter().any(|end| name.ends_with(end));
        if is_kind && !ELSEWHERE.contains(&name.as_str()) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
