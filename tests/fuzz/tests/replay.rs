//! Every kept input, without libFuzzer: a test of its own, because the limit on memory is the process's.

use std::fs;
use std::path::Path;

use headwater_fuzz::collection::Sound;
use headwater_fuzz::{queries, targets};

#[test]
fn kept_inputs_do_no_harm() {
    // What is damaged is sound before, and every query finds an answer there.
    for sound in [Sound::small(), Sound::large()] {
        let snapshot = sound.open(&sound.layout.bytes(), true).unwrap();
        for query in queries::all() {
            assert!(queries::ask(&snapshot, query, None).is_some(), "{query:?}");
        }
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, run) in targets::ALL {
        let kept: Vec<_> = ["corpus", "regressions"]
            .into_iter()
            .filter_map(|folder| fs::read_dir(here.join(folder).join(name)).ok())
            .flat_map(|files| files.map(|file| file.unwrap().path()))
            .collect();
        assert!(!kept.is_empty(), "{name} has no corpus");
        for path in kept {
            // Read where an input ends the process instead of the test.
            println!("{}", path.strip_prefix(here).unwrap().display());
            run(&fs::read(&path).unwrap());
        }
    }
}
