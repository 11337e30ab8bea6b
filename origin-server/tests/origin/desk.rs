//! What tests of `headwater build` stand on: a folder with pages, and what is read in the output.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use headwater_core::manifest::{Manifest, SignedHead};
use headwater_core::model::{AnsweredBy, Query};
use headwater_core::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::process::{files, headwater, succeeds};

/// A folder with pages, a package, and a state of its own.
pub(crate) struct Desk {
    pub(crate) folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        // What the command asks of a package; what is in it, it does not ask.
        for (name, text) in [
            ("browser.js", "export const open = 1;\n"),
            ("worker.js", "self.x = 1;\n"),
            ("headwater_bg.wasm", "\0asm"),
            ("search-box.js", "import { open } from \"./browser.js\";\nexport const defineSearch = open;\n"),
            ("node.js", "not for pages"),
        ] {
            desk.write(&format!("package/dist/{name}"), text);
        }
        desk
    }

    pub(crate) fn with_site() -> Self {
        let desk = Self::new();
        desk.write("site/index.html", &page("Home", "<p>Welcome to the observatory.</p>"));
        let cats = "<p>Small animals.</p><h2 id=food>Food</h2><p data-headwater-filter=kind>Mice</p>";
        desk.write("site/guide/cats.html", &page("Cats", cats));
        desk.write("site/de/hallo.html", &page("Hallo", "<p>Ein Fernrohr zeigt die Sterne.</p>").replace("=en", "=de"));
        desk.write("site/404.html", &page("Nothing", "x"));
        desk.write("site/old.html", "<meta http-equiv=refresh content='0; url=/'>");
        desk
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    pub(crate) fn run_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> std::process::Output {
        let (package, state) = (self.path("package"), self.path("state"));
        let own = ["build", "--package", &package, "--state", &state];
        headwater(&[&own[..], arguments].concat(), environment, None)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> std::process::Output {
        self.run_with(&[], arguments)
    }

    pub(crate) fn build(&self) -> Value {
        serde_json::from_str(&succeeds(&self.run(&[&self.path("site"), "--json"]))).unwrap()
    }

    /// Contents and times of all files of the output.
    pub(crate) fn output(&self) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
        let folder = self.folder.path().join("site/headwater");
        let of = |name: String| {
            let path = folder.join(&name);
            (name, (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap()))
        };
        files(&folder).into_iter().map(of).collect()
    }

    /// The name of the index of a language, as the loader has it.
    pub(crate) fn index(&self, lang: &str) -> String {
        let script = self.read("site/headwater/search.js");
        let row = script.split(&format!("lang: \"{lang}\", url: new URL(\"./")).nth(1).unwrap();
        row.split('/').next().unwrap().to_owned()
    }

    /// The points of an index: their ids and payloads, as a replica reads them.
    pub(crate) fn points(&self, lang: &str) -> BTreeMap<String, Value> {
        points_in(&self.folder.path().join("site/headwater").join(self.index(lang)))
    }

    /// The URLs that an index answers with to words.
    pub(crate) fn found(&self, lang: &str, words: &str) -> Vec<String> {
        let query = json!({ "match": words, "fields": ["url"] }).to_string();
        let query = Query::from_json(query.as_bytes()).unwrap();
        let snapshot = snapshot_in(&self.folder.path().join("site/headwater").join(self.index(lang)));
        let answer = snapshot.search(&query, None, AnsweredBy::Origin).unwrap();
        let url = |payload: &str| serde_json::from_str::<Value>(payload).unwrap()["url"].as_str().unwrap().to_owned();
        answer.hits.iter().map(|hit| url(hit.payload.as_str())).collect()
    }

    /// The key that the loader has its visitors trust.
    pub(crate) fn trust(&self) -> String {
        let script = self.read("site/headwater/search.js");
        script.split("trust: \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

pub(crate) fn page(title: &str, body: &str) -> String {
    format!("<!doctype html><html lang=en><title>{title}</title><main><h1>{title}</h1>{body}</main></html>")
}

pub(crate) fn points_in(folder: &Path) -> BTreeMap<String, Value> {
    let snapshot = snapshot_in(folder);
    let payload = |id: &String| serde_json::from_str(snapshot.get(id).unwrap().unwrap().payload.as_str()).unwrap();
    snapshot.live_ids().unwrap().into_iter().map(|id| (id.clone(), payload(&id))).collect()
}

/// The version that an output has.
fn snapshot_in(folder: &Path) -> Snapshot {
    let read = |path: PathBuf| fs::read(path).unwrap();
    let head = SignedHead::from_json(&read(folder.join("head"))).unwrap().head;
    let manifest = read(folder.join("manifests").join(head.manifest.hash.to_string()));
    let manifest = Manifest::decode(&manifest, &head).unwrap();
    Snapshot::open(manifest, &mut |blob| blob.verify_copy(&read(folder.join("blobs").join(blob.hash.to_string()))))
        .unwrap()
}
