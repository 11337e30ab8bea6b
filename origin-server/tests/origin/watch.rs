//! `headwater build --watch` and `--serve`: what they do until they are stopped.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::desk::{Desk, page};
use crate::process::{BINARY, PATIENCE, client, fails};

/// In which a build that nothing was the reason for would have come.
const CALM: Duration = Duration::from_millis(1500);

/// A running `headwater build` and what it has said that was not read.
struct Running {
    child: Child,
    said: Receiver<String>,
}

impl Running {
    fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        for variable in ["HEADWATER_PACKAGE", "HEADWATER_STATE", "HEADWATER_SIGNING_KEY"] {
            command.env_remove(variable);
        }
        command.args(["build", &desk.path("site"), "--package", &desk.path("package"), "--state", &desk.path("state")]);
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (say, said) = channel();
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let say = say.clone();
            std::thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| say.send(line))
            });
        }
        Self { child, said }
    }

    /// Watches a site that it has built.
    fn watching(desk: &Desk) -> Self {
        let running = Self::start(desk, &["--watch"]);
        running.until("watching ");
        running
    }

    /// The next line with a part in it; those before are passed over.
    #[track_caller]
    fn until(&self, part: &str) -> String {
        let (begun, mut passed) = (Instant::now(), Vec::new());
        loop {
            match self.said.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => passed.push(line),
                Err(error) => panic!("{error}: {part:?} is not in {passed:?}"),
            }
        }
    }

    /// Waits for a build; says how many pages it had.
    #[track_caller]
    fn built(&self) -> u64 {
        let line = self.until(" words; ");
        line.split(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until words are found in these places and nowhere else; says after how many builds.
    #[track_caller]
    fn finds(&self, desk: &Desk, words: &str, urls: &[&str]) -> usize {
        let mut builds = 0;
        while desk.found("en", words) != urls {
            self.built();
            builds += 1;
        }
        builds
    }

    /// Fails where a build comes that nothing was the reason for.
    #[track_caller]
    fn is_calm(&self) {
        match self.said.recv_timeout(CALM) {
            Err(RecvTimeoutError::Timeout) => {}
            heard => panic!("{heard:?}"),
        }
    }

    /// Asks it to end as Ctrl-C does, and waits until it has.
    #[track_caller]
    fn stop(mut self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return assert!(status.success(), "{status}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Desk {
    fn in_site(&self, name: &str) -> PathBuf {
        self.folder.path().join("site").join(name)
    }
}

#[test]
fn pages_that_come_change_and_go_are_found_as_they_are() {
    let desk = Desk::with_site();
    let running = Running::watching(&desk);
    assert_eq!(desk.found("en", "mice"), ["guide/cats.html#food"]);
    running.is_calm();

    desk.write("site/guide/cats.html", &page("Cats", "<p>Small animals.</p><h2 id=food>Food</h2><p>Sardines</p>"));
    running.finds(&desk, "sardines", &["guide/cats.html#food"]);
    assert!(desk.found("en", "mice").is_empty());

    // In a folder that was not there before.
    desk.write("site/new/owls.html", &page("Owls", "<p>They hunt at night.</p>"));
    running.finds(&desk, "hunt", &["new/owls.html"]);
    desk.write("site/new/owls.html", &page("Owls", "<p>They hoot at night.</p>"));
    running.finds(&desk, "hoot", &["new/owls.html"]);
    assert!(desk.found("en", "hunt").is_empty());

    fs::rename(desk.in_site("new"), desk.in_site("birds")).unwrap();
    running.finds(&desk, "hoot", &["birds/owls.html"]);
    fs::remove_dir_all(desk.in_site("birds")).unwrap();
    running.finds(&desk, "hoot", &[]);
    running.stop();
}

#[test]
fn what_it_writes_itself_and_what_is_hidden_is_no_change() {
    let desk = Desk::with_site();
    fs::create_dir(desk.in_site(".git")).unwrap();
    let running = Running::watching(&desk);
    running.is_calm();
    desk.write("site/.git/index.html", "not a page");
    desk.write("site/headwater/left.txt", "not a page either");
    running.is_calm();
    running.stop();
}

#[test]
fn what_changes_during_the_first_build_is_built_next() {
    let desk = Desk::with_site();
    desk.write("site/long.html", &page("Long", &"<p>word after word</p>".repeat(20_000)));
    let running = Running::start(&desk, &["--watch"]);
    // Which pages there are is known when the first one is read.
    while !desk.folder.path().join("state/spool").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    desk.write("site/late.html", &page("Late", "<p>It comes after all others.</p>"));
    assert_eq!((running.built(), running.built()), (4, 5));
    assert_eq!(desk.found("en", "others"), ["late.html"]);
}

#[test]
fn many_quick_changes_are_few_builds() {
    let desk = Desk::with_site();
    let running = Running::watching(&desk);
    for number in 0..200 {
        desk.write(&format!("site/many/{number}.html"), &page("One", &format!("<p>of many: word{number}</p>")));
        std::thread::sleep(Duration::from_millis(2));
    }
    let builds = running.finds(&desk, "word199", &["many/199.html"]);
    assert!(builds < 20, "{builds}");
    running.stop();
}

#[cfg(unix)]
#[test]
fn pages_that_cannot_be_read_and_a_site_without_any_do_not_end_it() {
    let desk = Desk::with_site();
    let running = Running::watching(&desk);
    // Links that lead nowhere, and in a circle: nobody may read these, whoever it is.
    std::os::unix::fs::symlink("nowhere.html", desk.in_site("nowhere.html")).unwrap();
    std::os::unix::fs::symlink("circle.html", desk.in_site("circle.html")).unwrap();
    fs::write(desk.in_site("broken.html"), b"<html lang=en><main><h1>\xff\xfe</h1><p>\0").unwrap();
    running.built();
    desk.write("site/after.html", &page("After", "<p>It goes on.</p>"));
    running.finds(&desk, "goes", &["after.html"]);

    // As a generator that begins with an empty folder, which is another one.
    fs::remove_dir_all(desk.in_site("")).unwrap();
    running.until("no page that can be searched");
    fs::create_dir(desk.in_site("")).unwrap();
    desk.write("site/again.html", &page("Again", "<p>All of it anew.</p>"));
    while running.built() != 1 {}
    desk.write("site/later.html", &page("Later", "<p>In the new folder.</p>"));
    running.finds(&desk, "folder", &["later.html"]);
    running.stop();
}

#[test]
fn a_file_of_data_is_watched_whoever_puts_another_in_its_place() {
    let desk = Desk::new();
    desk.write("schema.json", r#"{"text": {"title": {}}}"#);
    desk.write("data.ndjson", "{\"id\": \"a\", \"title\": \"one\"}\n");
    let mut command = Command::new(BINARY);
    command.args(["build", &desk.path("data.ndjson"), "--schema", &desk.path("schema.json"), "--watch", "--json"]);
    command.args(["--output", &desk.path("out"), "--package", &desk.path("package"), "--state", &desk.path("state")]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let output = child.stdout.take().unwrap();
    let (say, said) = channel();
    // Nothing but JSON, one after the other.
    std::thread::spawn(move || {
        let mut summaries = serde_json::Deserializer::from_reader(output).into_iter::<Value>();
        summaries.try_for_each(|summary| say.send(summary.unwrap()))
    });
    let running = Running { child, said: channel().1 };
    let sections = || said.recv_timeout(PATIENCE).unwrap()["languages"][0]["sections"].as_u64().unwrap();
    assert_eq!(sections(), 1);
    desk.write("draft", "{\"id\": \"a\", \"title\": \"one\"}\n{\"id\": \"b\", \"title\": \"two\"}\n");
    fs::rename(desk.folder.path().join("draft"), desk.folder.path().join("data.ndjson")).unwrap();
    assert_eq!(sections(), 2);
    running.stop();
}

/// A site that is served, and its URL.
fn served(desk: &Desk, arguments: &[&str]) -> (Running, String) {
    let running = Running::start(desk, &[&["--serve=127.0.0.1:0"], arguments].concat());
    let line = running.until(" is at http://");
    let url = line.split(" is at ").nth(1).unwrap().split("/ ").next().unwrap().to_owned();
    // Clients of this process ask for it; the library names it only for its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    (running, url)
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn pages_and_index_are_served_as_a_server_of_files_does() {
    let desk = Desk::with_site();
    desk.write("site/guide/index.html", &page("Guide", "<p>All of it.</p>"));
    // A page, and a folder of its name without a page.
    desk.write("site/about.html", &page("About", "<p>Us.</p>"));
    desk.write("site/about/map.svg", "<svg></svg>");
    desk.write("secret.txt", "nobody's");
    let (running, url) = served(&desk, &[]);
    let http = client();
    let get = async |path: &str| http.get(format!("{url}{path}")).send().await.unwrap();
    let index = desk.index("en");
    let blob = fs::read_dir(desk.in_site(&format!("headwater/{index}/blobs"))).unwrap().next().unwrap().unwrap().path();
    let at = format!("/headwater/{index}/blobs/{}", blob.file_name().unwrap().to_string_lossy());
    for (path, file, kind) in [
        ("/", "index.html", "text/html"),
        ("/guide/", "guide/index.html", "text/html"),
        ("/guide/cats.html", "guide/cats.html", "text/html"),
        ("/guide/cats", "guide/cats.html", "text/html"),
        ("/guide/c%61ts?q=mice", "guide/cats.html", "text/html"),
        ("/about", "about.html", "text/html"),
        ("/about/map.svg", "about/map.svg", "image/svg+xml"),
        ("/headwater/search.js", "headwater/search.js", "text/javascript"),
        ("/headwater/runtime/headwater_bg.wasm", "headwater/runtime/headwater_bg.wasm", "application/wasm"),
        (&format!("/headwater/{index}/head"), &format!("headwater/{index}/head"), "application/octet-stream"),
        (&at, &format!("headwater/{index}/blobs/{}", blob.file_name().unwrap().display()), "application/octet-stream"),
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            (header(&response, "content-type"), header(&response, "cache-control")),
            (kind, "no-cache"),
            "{path}"
        );
        assert!(response.bytes().await.unwrap() == fs::read(desk.in_site(file)).unwrap(), "{path}");
    }
    let redirected = get("/guide").await;
    assert_eq!((redirected.status(), redirected.url().path()), (StatusCode::OK, "/guide/"));
    let missing = get("/guide/dogs").await;
    assert_eq!((missing.status(), header(&missing, "content-type")), (404.try_into().unwrap(), "text/html"));
    assert_eq!(missing.text().await.unwrap(), desk.read("site/404.html"));

    let bytes = fs::read(&blob).unwrap();
    let ranged = async |range: &str| http.get(format!("{url}{at}")).header("range", range).send().await.unwrap();
    let part = ranged("bytes=16-1039").await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], format!("bytes 16-1039/{}", bytes.len()));
    assert!(part.bytes().await.unwrap() == bytes[16..1040]);
    assert!(ranged("bytes=-7").await.bytes().await.unwrap() == bytes[bytes.len() - 7..]);
    assert_eq!(ranged("bytes=999999999-").await.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let head = http.head(format!("{url}/guide/cats")).send().await.unwrap();
    assert_eq!((head.status(), header(&head, "content-type")), (StatusCode::OK, "text/html"));
    let posted = http.request(Method::POST, format!("{url}/guide/cats")).send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    running.stop();
}

/// As clients ask that tidy no paths.
#[test]
fn nothing_beside_the_site_is_served() {
    let desk = Desk::with_site();
    desk.write("secret.html", "nobody's");
    let (running, url) = served(&desk, &[]);
    let outside = desk.path("secret.html");
    for path in [
        "/../secret.html",
        "/../secret",
        "/guide/../../secret.html",
        "/%2e%2e/secret.html",
        "/..%2fsecret.html",
        "/%2e%2e%2fsecret",
        "/..\\secret.html",
        &format!("/{outside}"),
        &outside.replace('/', "%2f"),
    ] {
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 4") && !answer.contains("nobody's"), "{path}: {answer}");
    }
    // Browsers keep connections for later, on which nothing is said.
    let _silent = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    running.stop();
}

#[tokio::test]
async fn what_is_served_and_watched_is_what_was_built_last() {
    let desk = Desk::with_site();
    let (running, url) = served(&desk, &["--watch"]);
    running.until("watching ");
    let http = client();
    let get = async |path: &str| http.get(format!("{url}{path}")).send().await.unwrap();
    let head = async || get(&format!("/headwater/{}/head", desk.index("en"))).await.text().await.unwrap();
    let before = head().await;
    desk.write("site/owls.html", &page("Owls", "<p>They hoot at night.</p>"));
    running.finds(&desk, "hoot", &["owls.html"]);
    assert!(head().await != before);
    assert_eq!(get("/owls").await.status(), StatusCode::OK);
    running.stop();
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_built() {
    let desk = Desk::with_site();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for at in [format!("127.0.0.1:{port}"), port.to_string()] {
        let said = fails(&desk.run(&[&desk.path("site"), &format!("--serve={at}")]));
        assert!(said.contains(&format!("127.0.0.1:{port} is taken")) && said.contains("with --serve"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert!(!desk.in_site("headwater/search.js").exists());
}
