//! A model of which only parts are here, beside the whole one.

use headwater_embed::StaticModel;
use headwater_model::error::{Code, Error};
use headwater_model::parts::{Blob, Parts};

use crate::models::{CASES, case, open_blob, wordnet};

/// Has what a model's bytes lack arrive, until the work goes through; and how many bytes that took.
fn arriving<T>(blob: &[u8], parts: &mut Blob, work: impl Fn(&Blob) -> Result<T, Error>) -> (Result<T, Error>, usize) {
    let mut fetched = 0;
    for _ in 0..20 {
        let done = work(parts);
        let missing = parts.take_missing();
        if missing.is_empty() {
            return (done, fetched);
        }
        assert!(done.is_err_and(|error| error.code() == Code::PartsMissing));
        for range in missing {
            fetched += range.len();
            parts.add(range.start, &blob[range]);
        }
    }
    panic!("more is wanted each time");
}

/// The vectors are those of the whole model, to the bit.
#[test]
fn a_model_is_read_in_parts() {
    for name in CASES.into_iter().chain(["the demo's"]) {
        let (files, vectors) = if name == "the demo's" { wordnet() } else { case(name) };
        let blob = files.pack().unwrap();
        let whole = open_blob(&blob).unwrap();
        let mut parts = Blob::Parts(Parts::new(blob.len()));
        let (model, at_first) = arriving(&blob, &mut parts, StaticModel::open_blob);
        let mut model = model.unwrap();
        for vector in vectors.as_array().unwrap() {
            let text = vector["text"].as_str().unwrap();
            let mut vector = model.embed(text);
            let missing = model.blob().take_missing();
            let fetched: usize = missing.iter().map(ExactSizeIterator::len).sum();
            if !missing.is_empty() {
                assert_ne!(vector, whole.embed(text), "{name}: a row has other numbers than none");
                model = missing.into_iter().fold(model, |model, range| model.with_part(range.start, &blob[range]));
                vector = model.embed(text);
            }
            assert_eq!(vector, whole.embed(text), "{name}: {text:?}");
            assert!(model.blob().take_missing().is_empty());
            assert!(name != "the demo's" || fetched <= whole.tokenize(text).len() * 256, "a row for each token");
        }
        let but_rows = blob.len() - files.safetensors.len() + 4096;
        assert!(name != "the demo's" || at_first <= but_rows, "{at_first} bytes before the first text");
    }
}

#[test]
fn a_model_that_is_cut_short_is_refused_in_parts_too() {
    let blob = case("wordpiece-int8").0.pack().unwrap();
    for length in [0, 15, 40, 111, 200, blob.len() / 2, blob.len() - 1] {
        let (opened, _) = arriving(&blob[..length], &mut Blob::Parts(Parts::new(length)), StaticModel::open_blob);
        assert_eq!(opened.unwrap_err().code(), Code::ModelInvalid, "{length} bytes");
    }
}
