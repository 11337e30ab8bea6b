//! `--help`: what stands there as an example works as it stands there.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::api::model_folder;
use crate::process::{BINARY, Server, ended, headwater, succeeds};

/// Commands of a help text that can be run: without a place for something of one's own, and ending by themselves.
fn examples(help: &str) -> Vec<String> {
    let command = |line: &str| {
        let line = line.strip_prefix("  ")?.split("   #").next()?.trim_end();
        let is_command = ["headwater ", "echo ", "zcat "].iter().any(|start| line.starts_with(start));
        let is_open = ["…", ".example", "headwater serve"].iter().any(|part| line.contains(part));
        (is_command && !is_open).then(|| line.to_owned())
    };
    help.lines().filter_map(command).collect()
}

fn help(command: &[&str]) -> String {
    succeeds(&headwater(&[command, &["--help"]].concat(), &[], None))
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_work_as_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    let model = model_folder();
    let repository = model.ancestors().nth(3).unwrap();
    std::os::unix::fs::symlink(repository.join("examples"), folder.path().join("examples")).unwrap();
    let bin = Path::new(BINARY).parent().unwrap().to_string_lossy().into_owned();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let run = |line: &str| {
        let line = line.replace("http://127.0.0.1:7700", &server.url);
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(folder.path()).env("PATH", &path).env("HEADWATER_URL", &server.url);
        shell.env_remove("HEADWATER_DATA").env_remove("HEADWATER_TOKEN").stdin(Stdio::null()).process_group(0);
        let output = ended(shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let story = examples(&help(&[]));
    assert!(story.len() >= 7, "{story:?}");
    for line in &story {
        let said = run(line);
        assert!(!line.contains("search") || said.contains("a small wild cat"), "{line}: {said}");
    }
    run("gzip --keep points.ndjson");
    for (command, least) in [
        (&["create"][..], 1),
        (&["import"], 3),
        (&["search"], 4),
        (&["suggest"], 3),
        (&["get"], 1),
        (&["model"], 2),
        (&["publish"], 3),
        (&["versions"], 5),
        (&["rollback"], 5),
        (&["export"], 1),
        (&["verify"], 2),
        (&["diff"], 2),
        (&["keys"], 4),
        // Last: nothing is left after it.
        (&["delete"], 2),
    ] {
        let found = examples(&help(command));
        assert!(found.len() >= least, "{command:?}: {found:?}");
        for line in found {
            let said = run(&line);
            assert!(!line.contains("search") || said.contains("a small wild cat"), "{line}: {said}");
        }
    }
}

#[test]
fn without_a_command_it_says_which_there_are() {
    let output = headwater(&[], &[], None);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Usage: headwater <COMMAND>") && said.contains("headwater create words"), "{said}");
}
