//! Origin and edge as children of this process.
//!
//! Owns: both processes. Each leads a process group of its own, so that Ctrl-C reaches only this
//! process, which then stops them in order, and what they started in turn ends with them.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::places::{headwater, made};
use crate::progress::{say, silent_step};
use crate::shell::{command, read};

const START: Duration = Duration::from_secs(120);
/// The origin lets requests finish for ten seconds and then closes its log.
const STOP: Duration = Duration::from_secs(15);
const GLANCE: Duration = Duration::from_millis(20);

/// A child that does not outlive this process's interest in it.
pub(super) struct Running {
    child: RefCell<Child>,
    name: &'static str,
    log: PathBuf,
}

impl Running {
    fn start(name: &'static str, command: &mut Command, log: PathBuf) -> Result<Self> {
        let file = fs::File::create(&log).with_context(|| log.display().to_string())?;
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.stderr(file).spawn().with_context(|| format!("cannot start the {name}"))?;
        Ok(Self { child: RefCell::new(child), name, log })
    }

    /// An error when it has ended.
    pub(super) fn check(&self) -> Result<()> {
        match self.child.borrow_mut().try_wait()? {
            None => Ok(()),
            Some(status) => {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(10).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                bail!(
                    "the {} ended with {status}; its log ({}) ends with\n{}",
                    self.name,
                    self.log.display(),
                    last.join("\n")
                )
            }
        }
    }

    /// Waits for `ready`, but no longer than the process lives, or this one is wanted.
    fn wait(&self, stop: &AtomicBool, ready: impl Fn() -> bool) -> Result<()> {
        let deadline = Instant::now() + START;
        while !ready() {
            self.check()?;
            if stop.load(Ordering::SeqCst) {
                bail!("stopped");
            }
            if Instant::now() > deadline {
                bail!("the {} does not answer; its log is {}", self.name, self.log.display());
            }
            thread::sleep(GLANCE);
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let child = self.child.get_mut();
        let group = format!("-{}", child.id());
        // Politely first: the origin closes its log, miniflare stops workerd.
        let asked = cfg!(unix) && read(&mut command("kill", &["-TERM", "--", &group])).is_ok();
        let deadline = Instant::now() + STOP;
        while asked && Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(GLANCE);
        }
        // An error means that there is nothing left to kill, which is the aim.
        if cfg!(unix) {
            let _ = read(&mut command("kill", &["-KILL", "--", &group]));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// `headwater serve`, with the page, which may read because it is the server's own: no `--cors`. The edge lets all
/// pages read.
pub(super) struct Origin {
    pub(super) child: Running,
    pub(super) url: String,
    address: String,
}

impl Origin {
    pub(super) fn start(port: u16, data: &Path, stop: &AtomicBool) -> Result<Self> {
        let address = format!("127.0.0.1:{port}");
        let (folder, web) = (data.to_string_lossy(), made("wordnet/web"));
        let args = ["serve", "--data", &folder, "--listen", &address, "--web", &web.to_string_lossy()];
        silent_step("start the origin", || {
            let log = data.with_file_name("origin.log");
            let child = Running::start("origin", command(headwater(), &args).stdout(Stdio::null()), log)?;
            let origin = Self { child, url: format!("http://{address}"), address: address.clone() };
            origin.child.wait(stop, || origin.get("/readyz").is_ok())?;
            Ok(origin)
        })
    }

    /// The body of a 200 answer.
    pub(super) fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.0\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("not an HTTP answer")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status != "200" {
            bail!("{path} answered {status}");
        }
        Ok(body.to_owned())
    }
}

/// The Worker in workerd.
pub(super) struct Edge {
    pub(super) child: Running,
    pub(super) url: String,
}

impl Edge {
    pub(super) fn start(port: u16, persist: &Path, trust: &str, token: &str, stop: &AtomicBool) -> Result<Self> {
        let (port, folder) = (port.to_string(), persist.to_string_lossy());
        let args = ["edge-worker/dev-server.mjs", "--port", &port, "--persist", &folder];
        let mut node = command("node", &args);
        node.args(["--trust", trust, "--token", token, "--bundle"]).arg(made("edge")).stdout(Stdio::piped());
        silent_step("start the edge", || {
            let child = Running::start("edge", &mut node, persist.with_file_name("edge.log"))?;
            let output = child.child.borrow_mut().stdout.take().context("the edge has no output")?;
            let ready = listen(output);
            child.wait(stop, || ready.try_recv().is_ok())?;
            Ok(Self { child, url: format!("http://127.0.0.1:{port}") })
        })
    }
}

/// Tells of the line by which the edge says that it answers; reads on, so that it never blocks.
fn listen(output: ChildStdout) -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
            if line.contains("\"ready\":true") {
                // Nobody listens any more: the demo is ending.
                let _ = sender.send(());
            }
        }
    });
    receiver
}

/// The wanted port, or the next one that is free.
pub(super) fn free_port(wanted: u16) -> Result<u16> {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = (wanted..=wanted.saturating_add(50)).find(free);
    let port = port.with_context(|| format!("no free port from {wanted} on; name another"))?;
    if port != wanted {
        say(&format!("· port {wanted} is taken by another program; using {port}"));
    }
    Ok(port)
}
