//! The example `examples/handbook`: this project's documents, and a site of Debian's, with search.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::build::{self, Part};
use crate::install;
use crate::places::{headwater, in_root, npm_bin};
use crate::progress::{step, summary};
use crate::shell::{command, run as run_command};

#[derive(Args)]
pub(crate) struct Options {
    /// Port of both sites.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Builds, and serves nothing.
    #[arg(long)]
    no_serve: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    build::prepare_wasm()?;
    build::run(Part::Js)?;
    build::headwater()?;
    sites()?;
    summary();
    match options.no_serve {
        true => Ok(()),
        false => run_command(told(&mut command("node", &["serve.mjs", &options.port.to_string()]))),
    }
}

/// Builds both, with the command and the package that stand here.
pub(crate) fn sites() -> Result<()> {
    install::npm()?;
    let pages = install::git_pages()?;
    step("handbook: the project's documents (VitePress)", || {
        run_command(told(&mut command(npm_bin("vitepress"), &["build"])))
    })?;
    step("handbook: Git's documentation", || run_command(told(&mut command("node", &["git.mjs"])).arg(pages)))
}

/// A command in the example's folder.
fn told(command: &mut Command) -> &mut Command {
    let package = in_root("packages/js/dist");
    command
        .current_dir(in_root("examples/handbook"))
        .env("HEADWATER_BIN", headwater())
        .env("HEADWATER_PACKAGE", package)
}
