//! The real binary, on free ports, ended with the test.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_headwater");

/// What would be set for another server than the test's.
const SETTINGS: [&str; 18] = [
    "HEADWATER_DATA",
    "HEADWATER_EDGE_TOKEN",
    "HEADWATER_LISTEN",
    "HEADWATER_PACKAGE",
    "HEADWATER_SIGNING_KEY",
    "HEADWATER_STATE",
    "HEADWATER_TOKEN",
    "HEADWATER_TRUST",
    "HEADWATER_URL",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUEST_METHOD",
];

/// A client that does not wait for ever.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}

/// A running `headwater serve`.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
}

impl Server {
    /// Over a folder, whose log stands beside it.
    pub(crate) async fn start(data: &Path) -> Self {
        Self::with(&data.to_string_lossy(), &data.with_extension("log"), &[], &[]).await
    }

    /// Over any location, with more arguments and environment; returns when it is ready.
    pub(crate) async fn with(data: &str, log: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let output = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(BINARY);
        command.args(["serve", "--data", data, "--listen", "127.0.0.1:0"]).args(arguments);
        command.env_remove("HEADWATER_TOKEN").envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(output).spawn().unwrap();
        let (say, said) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || output.lines().next().map(|line| say.send(line)));
        let line = said.recv_timeout(PATIENCE).map(Result::unwrap).unwrap_or_default();
        let Some(address) = line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()) else {
            let _ = child.kill();
            panic!("no address in {line:?}; the log: {}", std::fs::read_to_string(log).unwrap())
        };
        // Clients of this process ask for it; the library names it only for its own.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Self { child, url: format!("http://{address}"), http: client() };
        assert_eq!(server.http.get(server.at("/readyz")).send().await.unwrap().status(), 200);
        server
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The JSON of a success.
    pub(crate) async fn json(&self, request: reqwest::RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.json(self.http.get(self.at(path))).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<reqwest::Body>) -> Value {
        self.json(self.http.put(self.at(path)).header("content-type", "application/json").body(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Value {
        self.json(self.http.post(self.at(path)).header("content-type", "application/json").body(body)).await
    }

    /// Of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// As a power cut would end it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What anything may take that a test waits for, many times what it takes: what hangs fails the test that waits, by
/// name.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Waits for a process to end; one that does not is killed, and what it said until then is told.
#[track_caller]
pub(crate) fn ended(child: Child) -> Output {
    let (id, (end, ended)) = (child.id().to_string(), mpsc::channel::<()>());
    let watch = std::thread::spawn(move || {
        let hangs = ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
        // Of a shell, whose group it leads, what it runs as well: that may hold the output open.
        hangs && Command::new("kill").args(["-KILL", "--", &id, &format!("-{id}")]).status().is_ok()
    });
    let output = child.wait_with_output().unwrap();
    drop(end);
    assert!(!watch.join().unwrap(), "it does not end: {output:?}");
    output
}

/// What comes of something that may hang.
pub(crate) async fn awaited<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} hangs"))
}

/// Runs a `headwater` command to its end.
pub(crate) fn headwater(arguments: &[&str], environment: &[(&str, &str)], input: Option<&str>) -> Output {
    let mut command = Command::new(BINARY);
    for variable in SETTINGS {
        command.env_remove(variable);
    }
    command.args(arguments).envs(environment.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = input.unwrap_or_default().to_owned();
    // Beside it, so that one that reads nothing is heard of. Who does not want it all is no failure.
    let fed = std::thread::spawn(move || drop(std::io::Write::write_all(&mut stdin, text.as_bytes())));
    let output = ended(child);
    fed.join().unwrap();
    output
}

/// Its output, when it succeeds.
#[track_caller]
pub(crate) fn succeeds(output: &Output) -> String {
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {text}{error}", output.status);
    text.into_owned()
}

/// What it says of its failure.
#[track_caller]
pub(crate) fn fails(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// All files below a folder, by their path in it.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}
