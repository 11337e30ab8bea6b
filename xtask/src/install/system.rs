//! What comes from the system's packages: installed on Debian as root, elsewhere the exact command is printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Once;

use anyhow::{Context as _, Result, bail};

use crate::progress::step;
use crate::shell::{command, read, run, version_of};

/// A package under the names it has.
#[derive(Debug, Clone, Copy)]
struct Package {
    debian: &'static str,
    /// Ubuntu has its browsers not as packages, but as snaps.
    snap: Option<&'static str>,
    fedora: &'static str,
    brew: &'static str,
}

const PYTHON: Package = Package { debian: "python3-venv", snap: None, fedora: "python3", brew: "python" };

const COMPILER: Package = Package { debian: "build-essential", snap: None, fedora: "gcc-c++", brew: "gcc" };
const PYTHON_HEADERS: Package = Package { debian: "python3-dev", snap: None, fedora: "python3-devel", brew: "python" };

/// Git's documentation as pages, which the handbook's second site is made of.
const GIT_PAGES: Package = Package { debian: "git-doc", snap: None, fedora: "git-core-doc", brew: "git" };
const GIT_PLACES: [&str; 3] =
    ["/usr/share/doc/git-doc", "/usr/share/doc/git", "/opt/homebrew/opt/git/share/doc/git-doc"];

/// A browser of the tests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Browser {
    pub(crate) name: &'static str,
    /// Names another executable.
    pub(crate) variable: &'static str,
    places: &'static [&'static str],
    package: Package,
}

/// Chromium, driven by playwright-core.
pub(crate) const CHROMIUM: Browser = Browser {
    name: "Chromium",
    variable: "HEADWATER_CHROMIUM",
    places: &[
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/snap/bin/chromium",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    package: Package { debian: "chromium", snap: Some("chromium"), fedora: "chromium", brew: "--cask chromium" },
};

/// Firefox, driven by puppeteer-core.
pub(crate) const FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "HEADWATER_FIREFOX",
    places: &[
        "/usr/bin/firefox-esr",
        "/usr/bin/firefox",
        "/snap/bin/firefox",
        "/Applications/Firefox.app/Contents/MacOS/firefox",
    ],
    package: Package { debian: "firefox-esr", snap: Some("firefox"), fedora: "firefox", brew: "--cask firefox" },
};

/// WebKit, driven by its own driver on a display that nobody sees: where there is no GTK there is no such build of it.
pub(crate) const WEBKIT: Browser = Browser {
    name: "WebKit's driver",
    variable: "HEADWATER_WEBKIT",
    places: &["/usr/bin/WebKitWebDriver"],
    package: Package { debian: "webkit2gtk-driver", snap: None, fedora: "webkitgtk6.0", brew: "" },
};
const DISPLAYS: [&str; 2] = ["/usr/bin/Xvfb", "/usr/local/bin/Xvfb"];
const DISPLAY: Package = Package { debian: "xvfb", snap: None, fedora: "xorg-x11-server-Xvfb", brew: "" };

impl Browser {
    /// Its executable, when it is installed.
    pub(crate) fn find(self) -> Result<Option<PathBuf>> {
        let Some(named) = std::env::var_os(self.variable).map(PathBuf::from) else {
            return Ok(self.places.iter().map(PathBuf::from).find(|path| path.is_file()));
        };
        if !named.is_file() {
            bail!("{} names {}, which is no file", self.variable, named.display());
        }
        Ok(Some(named))
    }
}

/// The variables of the browsers with their executables, installed together when they were missing.
pub(crate) fn browsers() -> Result<Vec<(&'static str, PathBuf)>> {
    let on_linux = cfg!(target_os = "linux");
    let wanted = || [CHROMIUM, FIREFOX].into_iter().chain(on_linux.then_some(WEBKIT));
    let mut missing = Vec::new();
    for browser in wanted() {
        if browser.find()?.is_none() {
            missing.push(browser.package);
        }
    }
    if on_linux && !DISPLAYS.iter().any(|place| Path::new(place).is_file()) {
        missing.push(DISPLAY);
    }
    install(&missing)?;
    let found = |browser: Browser| {
        let hint = || format!("{0} is still missing; name its executable in {1}", browser.name, browser.variable);
        Ok((browser.variable, browser.find()?.with_context(hint)?))
    };
    wanted().map(found).collect()
}

/// The folder of Git's documentation.
pub(crate) fn git_pages() -> Result<PathBuf> {
    let found = || GIT_PLACES.iter().map(PathBuf::from).find(|place| place.join("git.html").is_file());
    if found().is_none() {
        install(&[GIT_PAGES])?;
    }
    found().with_context(|| format!("Git's documentation in HTML is in none of {}", GIT_PLACES.join(", ")))
}

/// A Python that can make environments.
pub(super) fn python() -> Result<()> {
    let has_venv = || read(&mut command("python3", &["-c", "import venv, ensurepip"])).is_ok();
    if !has_venv() {
        install(&[PYTHON])?;
        if !has_venv() {
            bail!("python3 cannot make virtual environments (modules venv and ensurepip), which the S3 tests need");
        }
    }
    Ok(())
}

fn has_compiler() -> bool {
    version_of(Path::new("c++")).is_some()
}

/// A C++ compiler.
pub(super) fn compiler() -> Result<()> {
    install(if has_compiler() { &[] } else { &[COMPILER] })
}

/// A C++ compiler and Python's headers, for libraries that PyPI has as source only.
pub(crate) fn compiler_for_python() -> Result<()> {
    python()?;
    let mut missing = Vec::new();
    if !has_compiler() {
        missing.push(COMPILER);
    }
    let headers = "import os, sysconfig; assert os.path.exists(sysconfig.get_paths()['include'] + '/Python.h')";
    if read(&mut command("python3", &["-c", headers])).is_err() {
        missing.push(PYTHON_HEADERS);
    }
    install(&missing)
}

/// The documentation that search of sites is measured on, and the program that measures what a build takes.
pub(crate) fn documentation() -> Result<()> {
    let of_debian = |name: &'static str| Package { debian: name, snap: None, fedora: "", brew: "" };
    let places = [
        ("/usr/share/doc/python3-doc/html", "python3-doc"),
        ("/usr/share/doc/rust-doc/html", "rust-doc"),
        ("/usr/bin/time", "time"),
    ];
    let missing: Vec<Package> =
        places.iter().filter(|(place, _)| !Path::new(place).exists()).map(|(_, name)| of_debian(name)).collect();
    if !missing.is_empty() && version_of(Path::new("apt-get")).is_none() {
        bail!("this measures documentation as Debian packages it: packages python3-doc, rust-doc and time");
    }
    install(&missing)
}

fn install(packages: &[Package]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let names = |name: fn(&Package) -> &'static str| packages.iter().map(name).collect::<Vec<_>>();
    let has = |program: &str| version_of(Path::new(program)).is_some();
    let debian = names(|p| p.debian);
    let snaps: Vec<&str> = packages.iter().filter_map(|p| p.snap).collect();
    if !snaps.is_empty() && is_ubuntu() {
        bail!("something is missing; run: sudo snap install {}", snaps.join(" && sudo snap install "));
    }
    if has("apt-get") {
        if !is_root() {
            bail!("something is missing; run: sudo apt-get update && sudo apt-get install -y {}", debian.join(" "));
        }
        return apt(&debian);
    }
    if has("dnf") {
        bail!("something is missing; run: sudo dnf install -y {}", names(|p| p.fedora).join(" "));
    }
    if has("brew") {
        bail!("something is missing; run: brew install {}", names(|p| p.brew).join(" && brew install "));
    }
    bail!("install {} with the packages of your system", debian.join(" and "))
}

fn is_ubuntu() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}

fn is_root() -> bool {
    read(&mut command("id", &["-u"])).is_ok_and(|id| id == "0")
}

fn apt(packages: &[&str]) -> Result<()> {
    static LISTS: Once = Once::new();
    let apt =
        |args: &[&str]| run(command("apt-get", args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()));
    step(&format!("install {} (apt-get)", packages.join(" ")), || {
        // Old lists may do: whether they did, the installation tells.
        LISTS.call_once(|| drop(apt(&["-q", "update"])));
        apt(&[&["-q", "-y", "--no-install-recommends", "install"], packages].concat())
    })
}
