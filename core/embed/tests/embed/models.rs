//! Models that tests open, and what their references say of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use headwater_embed::{StaticModel, pack};
use headwater_model::bytes::AlignedBytes;
use headwater_model::error::Error;
use serde_json::Value;

/// Small made-up models, with what the Python package model2vec 0.10 says about them.
pub(crate) const CASES: [&str; 15] = [
    "bpe-affixes",
    "bpe-gemma",
    "bpe-gpt2",
    "bpe-llama3",
    "bpe-qwen",
    "unigram-bytes",
    "unigram-charsmap",
    "unigram-multiword",
    "wordlevel",
    "wordpiece-cased-added",
    "wordpiece-int8",
    "wordpiece-quantized",
    "wordpiece-quantized-int8",
    "wordpiece-short",
    "wordpiece-wide",
];

/// The three files of a model.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) config: Vec<u8>,
    pub(crate) tokenizer: Vec<u8>,
    pub(crate) safetensors: Vec<u8>,
}

impl Files {
    pub(crate) fn open(&self) -> Result<StaticModel, Error> {
        let safetensors = Arc::new(AlignedBytes::copy_from(&self.safetensors));
        StaticModel::from_files(&self.config, &self.tokenizer, safetensors)
    }

    pub(crate) fn pack(&self) -> Result<Vec<u8>, Error> {
        pack(&self.config, &self.tokenizer, &self.safetensors)
    }
}

pub(crate) fn open_blob(blob: &[u8]) -> Result<StaticModel, Error> {
    StaticModel::open(Arc::new(AlignedBytes::copy_from(blob)))
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/embed")
}

pub(crate) fn case(name: &str) -> (Files, Value) {
    let text = fs::read(data().join(format!("{name}.json"))).unwrap();
    let mut case: Value = serde_json::from_slice(&text).unwrap();
    let files = Files {
        config: serde_json::to_vec(&case["config"]).unwrap(),
        tokenizer: serde_json::to_vec(&case["tokenizer"]).unwrap(),
        safetensors: fs::read(data().join(format!("{name}.safetensors"))).unwrap(),
    };
    (files, case["vectors"].take())
}

pub(crate) fn wordnet() -> (Files, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/wordnet/model");
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let files = Files {
        config: read("config.json"),
        tokenizer: read("tokenizer.json"),
        safetensors: read("model.safetensors"),
    };
    let mut vectors: Value = serde_json::from_slice(&read("test_vectors.json")).unwrap();
    (files, vectors["vectors"].take())
}
