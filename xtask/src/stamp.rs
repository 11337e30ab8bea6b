//! What is up to date. A stamp holds the hash of a step's inputs; while it is the same and the outputs
//! are there, the step need not be done again. Tools are pinned in `package-lock.json` and `Cargo.lock`,
//! so these are inputs as well, and so is the code of the steps.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::places::{in_root, made, root};
use crate::progress::{say, silent_step};

/// A step that is left out while its stamp holds.
pub(crate) struct Step<'a> {
    pub(crate) name: &'a str,
    pub(crate) inputs: &'a [PathBuf],
    pub(crate) outputs: &'a [PathBuf],
}

impl Step<'_> {
    /// Does `work` unless the inputs are those of the last time and all outputs exist.
    pub(crate) fn unless_fresh(&self, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let file: String = self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let inputs = [self.inputs, &[in_root("xtask/src")]].concat();
        let step = Step { inputs: &inputs, ..*self };
        step.unless_stamped(&made("xtask").join(format!("{file}.stamp")), work)
    }

    /// The same with a stamp of one's own choice, for outputs that may vanish together with it, and
    /// inputs that are all there is to it.
    pub(crate) fn unless_stamped(&self, stamp: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let wanted = hash(self.inputs)?;
        let fresh = fs::read_to_string(stamp).is_ok_and(|held| held == wanted);
        if fresh && self.outputs.iter().all(|output| output.exists()) {
            say(&format!("✓ {} is up to date", self.name));
            return Ok(());
        }
        // A step that is interrupted leaves no stamp, whatever it leaves of its outputs.
        if stamp.exists() {
            fs::remove_file(stamp)?;
        }
        silent_step(self.name, work)?;
        if let Some(parent) = stamp.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(stamp, wanted).with_context(|| stamp.display().to_string())
    }
}

/// The hash of files and folders: names and contents.
pub(crate) fn hash(inputs: &[PathBuf]) -> Result<String> {
    let mut files = Vec::new();
    for input in inputs {
        ensure!(input.exists(), "{} is missing", input.display());
        walk(input, &mut files)?;
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let name = file.strip_prefix(root()).unwrap_or(&file);
        let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
        hasher.update(name.as_os_str().as_encoded_bytes()).update(&[0]);
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// All files below a path, without what tools have made there.
pub(crate) fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
            let entry = entry?;
            let made = ["node_modules", "target", "dist", ".git", ".wrangler"];
            if !made.iter().any(|m| entry.file_name() == *m) {
                walk(&entry.path(), files)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_done_again_when_an_input_or_an_output_changed() {
        let dir = std::env::temp_dir().join(format!("headwater-stamp-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (input, output, stamp) = (dir.join("input"), dir.join("output"), dir.join("stamp"));
        fs::write(&input, "1").unwrap();
        let step = Step { name: "test", inputs: std::slice::from_ref(&input), outputs: std::slice::from_ref(&output) };
        let done = || {
            let mut done = false;
            let work = || {
                done = true;
                Ok(fs::write(&output, "")?)
            };
            step.unless_stamped(&stamp, work).unwrap();
            done
        };
        assert!(done() && !done());
        fs::write(&input, "2").unwrap();
        assert!(done() && !done());
        fs::remove_file(&output).unwrap();
        assert!(done() && !done());
        fs::write(&input, "3").unwrap();
        assert!(step.unless_stamped(&stamp, || anyhow::bail!("failed")).is_err());
        assert!(done() && !done());
        fs::remove_dir_all(&dir).unwrap();
    }
}
