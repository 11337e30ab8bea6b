//! The static embedder against its reference, and against bytes that mean harm.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod in_parts;
mod models;

use std::collections::HashSet;

use headwater_embed::StaticModel;
use headwater_model::error::{Code, Error};
use proptest::prelude::*;
use serde_json::{Value, json};

use self::models::{CASES, Files, case, open_blob, wordnet};

/// How tokens are numbered.
#[derive(PartialEq)]
enum Ids {
    AsInFiles,
    /// One for one.
    Otherwise,
}

fn check_vectors(name: &str, model: &StaticModel, vectors: &Value, numbered: &Ids) {
    let vectors = vectors.as_array().unwrap();
    assert!(vectors.len() > 20, "{name}: the reference has texts");
    let mut pairs = HashSet::new();
    for vector in vectors {
        let text = vector["text"].as_str().unwrap();
        let ids: Vec<u32> = serde_json::from_value(vector["ids"].clone()).unwrap();
        let ours = model.tokenize(text);
        match numbered {
            Ids::AsInFiles => assert_eq!(ours, ids, "{name}: ids of {text:?}"),
            Ids::Otherwise => assert_eq!(ours.len(), ids.len(), "{name}: tokens of {text:?}"),
        }
        pairs.extend(ours.into_iter().zip(ids));
        let expected: Vec<f64> = serde_json::from_value(vector["embedding"].clone()).unwrap();
        let embedded = model.embed(text);
        assert_eq!(embedded.len(), expected.len(), "{name}: dim");
        for (ours, theirs) in embedded.iter().zip(&expected) {
            assert!((f64::from(*ours) - theirs).abs() < 1e-5, "{name}: {text:?}: {ours} is not {theirs}");
        }
    }
    let (ours, theirs): (HashSet<u32>, HashSet<u32>) = pairs.iter().copied().unzip();
    assert!(ours.len() == pairs.len() && theirs.len() == pairs.len(), "{name}: each token has one id");
}

#[test]
fn a_text_of_nothing_but_prefixes_or_marks_is_read() {
    let (mut files, _) = case("unigram-charsmap");
    files.config = br#"{"max_length": null}"#.to_vec();
    let model = files.open().unwrap();
    for part in ["\u{603}", "\u{301}", "\u{200D}", "\r", "▁"] {
        assert!(model.tokenize(&part.repeat(20_000)).len() <= 20_001);
    }
}

#[test]
fn the_wordnet_model_embeds_as_its_reference_does() {
    let (files, vectors) = wordnet();
    check_vectors("from files", &files.open().unwrap(), &vectors, &Ids::AsInFiles);
    let blob = files.pack().unwrap();
    let model = open_blob(&blob).unwrap();
    check_vectors("from the blob", &model, &vectors, &Ids::Otherwise);
    assert_eq!(model.dim(), 256);
    let vocabulary = blob.len() - files.safetensors.len();
    assert!(vocabulary * 3 < files.tokenizer.len(), "{vocabulary} bytes beside the table");
}

#[test]
fn every_kind_of_model_embeds_as_the_reference_does() {
    for name in CASES {
        let (files, vectors) = case(name);
        check_vectors(name, &files.open().unwrap(), &vectors, &Ids::AsInFiles);
        check_vectors(name, &open_blob(&files.pack().unwrap()).unwrap(), &vectors, &Ids::Otherwise);
    }
}

#[test]
fn vectors_have_length_one_or_are_all_zeros() {
    let (files, _) = wordnet();
    let model = files.open().unwrap();
    let length = |text: &str| model.embed(text).iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    assert!((length("a small wild cat") - 1.0).abs() < 1e-6);
    assert_eq!(length(""), 0.0);
    assert_eq!(length("🦀"), 0.0, "only the unknown token");
    assert_eq!(model.embed("cat").len(), 256);
}

#[test]
fn a_text_counts_up_to_the_references_two_cuts() {
    let (files, _) = wordnet();
    let model = files.open().unwrap();
    // 512 tokens.
    assert_eq!(model.tokenize(&"a ".repeat(5_000)).len(), 512);
    // 512 times the median of 6 characters, counted in characters and not in bytes.
    let spaces = " ".repeat(3_071);
    assert_eq!(model.tokenize(&format!("{spaces}a b")).len(), 1);
    assert_eq!(model.tokenize(&format!("{}東東", "\u{3000}".repeat(3_071))).len(), 1);
    assert_eq!(model.tokenize(&format!("{}b", " ".repeat(3_072))).len(), 0);
}

#[test]
fn a_model_without_a_maximum_reads_the_whole_text() {
    let (mut files, _) = case("wordpiece-int8");
    files.config = br#"{"normalize": true, "max_length": null}"#.to_vec();
    assert_eq!(files.open().unwrap().tokenize(&"the ".repeat(3_000)).len(), 3_000);
    files.config = b"{}".to_vec();
    assert_eq!(files.open().unwrap().tokenize(&"a ".repeat(3_000)).len(), 512, "model2vec's default");
}

#[test]
fn a_sentence_transformers_table_opens() {
    let (mut files, vectors) = case("wordpiece-wide");
    let (length, rest) = files.safetensors.split_first_chunk().unwrap();
    let (header, rows) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header = String::from_utf8(header.to_vec()).unwrap();
    assert!(header.contains("\"embeddings\""));
    files.safetensors = safetensors(&header.replace("\"embeddings\"", "\"embedding.weight\""), rows);
    check_vectors("sentence-transformers", &files.open().unwrap(), &vectors, &Ids::AsInFiles);
}

fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

fn code_of<T>(result: Result<T, Error>) -> Code {
    match result {
        Ok(_) => panic!("it opened"),
        Err(error) => error.code(),
    }
}

fn tiny(tokenizer: &Value, header: &str, data: &[u8]) -> Files {
    Files {
        config: br#"{"normalize": true}"#.to_vec(),
        tokenizer: serde_json::to_vec(tokenizer).unwrap(),
        safetensors: safetensors(header, data),
    }
}

fn tiny_tokenizer() -> Value {
    json!({"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
        "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "cat": 1, "dog": 2}, "unk_token": "[UNK]"}})
}

const TINY_HEADER: &str = r#"{"embeddings":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}}"#;

#[test]
fn what_is_not_supported_is_named() {
    let cases = [
        ("/normalizer", json!({"type": "Sequence", "normalizers": [{"type": "Transmogrify"}]}), "Transmogrify"),
        ("/normalizer", json!({"type": "Replace", "pattern": {"Regex": "(a|b)+?"}, "content": ""}), "(a|b)+?"),
        ("/pre_tokenizer", json!({"type": "UnicodeScripts"}), "UnicodeScripts"),
        (
            "/pre_tokenizer",
            json!({"type": "Split", "pattern": {"Regex": "x*"}, "behavior": "Isolated", "invert": false}),
            "x*",
        ),
        ("/model/type", json!("Oracle"), "Oracle"),
        ("/version", json!("2.0"), "2.0"),
    ];
    for (place, value, named) in cases {
        let mut tokenizer = tiny_tokenizer();
        *tokenizer.pointer_mut(place).unwrap() = value;
        let error = tiny(&tokenizer, TINY_HEADER, &[0; 24]).open().unwrap_err();
        assert_eq!(error.code(), Code::ModelUnsupported, "{error}");
        assert!(error.message().contains(named), "{error}");
    }
    let strange = TINY_HEADER.replace("F32", "F8_E4M3");
    let error = tiny(&tiny_tokenizer(), &strange, &[0; 24]).open().unwrap_err();
    assert_eq!(error.code(), Code::ModelUnsupported);
    assert!(error.message().contains("F8_E4M3"));
}

#[test]
fn tensors_that_contradict_themselves_are_refused() {
    let one = |dtype: &str, shape: &str, offsets: &str| {
        format!(r#"{{"embeddings":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    let with = |more: &str| TINY_HEADER.replace("}}", &format!("}},{more}}}"));
    let headers = [
        one("F32", "[3,2]", "[0,23]"),
        one("F32", "[3,2]", "[1,24]"),
        one("F32", "[3,2]", "[24,0]"),
        one("F32", "[3,2]", "[0,48]"),
        one("F32", "[3,2]", "[0,18446744073709551615]"),
        one("F32", "[18446744073709551615,2]", "[0,24]"),
        one("F32", "[4294967296,4294967296]", "[0,24]"),
        one("F32", "[6]", "[0,24]"),
        one("F32", "[]", "[0,24]"),
        one("F32", "[24,0]", "[0,24]"),
        one("I8", "[1,24]", "[0,24]"),
        one("F64", "[3,2]", "[0,24]"),
        with(r#""other":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}"#),
        with(r#""embeddings":{"dtype":"F32","shape":[3,2],"data_offsets":[24,48]}"#),
        with(r#""mapping":{"dtype":"I64","shape":[3],"data_offsets":[0,24]}"#),
        String::from("{}"),
        String::from("[]"),
        String::from("{\"embeddings\":"),
    ];
    for header in headers {
        let files = tiny(&tiny_tokenizer(), &header, &[0; 24]);
        assert_eq!(code_of(files.open()), Code::ModelInvalid, "{header}");
    }
    assert!(tiny(&tiny_tokenizer(), TINY_HEADER, &[0; 24]).open().is_ok());
    let mut huge = tiny(&tiny_tokenizer(), TINY_HEADER, &[0; 24]);
    huge.safetensors[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(code_of(huge.open()), Code::ModelInvalid);
}

#[test]
fn a_mapping_out_of_the_table_is_refused() {
    let header = r#"{"embeddings":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},"mapping":{"dtype":"I32","shape":[3],"data_offsets":[4,16]},"weights":{"dtype":"F32","shape":[3],"data_offsets":[16,28]}}"#;
    let data = |mapping: [i32; 3], weight: f32| {
        let mut data = vec![1u8, 2, 3, 4];
        data.extend(mapping.iter().flat_map(|x| x.to_le_bytes()));
        data.extend([1.0, weight, 2.0].iter().flat_map(|x: &f32| x.to_le_bytes()));
        data
    };
    let open = |mapping, weight| tiny(&tiny_tokenizer(), header, &data(mapping, weight)).open();
    let model = open([0, 0, 1], 0.5).unwrap();
    let expected = [0.5 + 2.0 * 3.0, 0.5 * 2.0 + 2.0 * 4.0].map(|x: f64| x / (6.5f64.powi(2) + 81.0).sqrt());
    assert_eq!(model.embed("cat dog unknown"), expected.map(|x| x as f32));
    assert_eq!(code_of(open([0, 0, 2], 0.5)), Code::ModelInvalid);
    assert_eq!(code_of(open([0, -1, 1], 0.5)), Code::ModelInvalid);
    assert_eq!(code_of(open([0, 0, 1], f32::NAN)), Code::ModelInvalid);
}

#[test]
fn a_tokenizer_with_more_ids_than_rows_is_refused() {
    let mut tokenizer = tiny_tokenizer();
    tokenizer["model"]["vocab"]["bird"] = json!(3);
    assert_eq!(code_of(tiny(&tokenizer, TINY_HEADER, &[0; 24]).open()), Code::ModelInvalid);
    let mut tokenizer = tiny_tokenizer();
    tokenizer["added_tokens"] = json!([{"id": 3, "content": "<new>", "special": true}]);
    assert_eq!(code_of(tiny(&tokenizer, TINY_HEADER, &[0; 24]).open()), Code::ModelInvalid);
}

#[test]
fn added_tokens_are_counted_before_they_are_looked_at() {
    let mut tokenizer = tiny_tokenizer();
    let opens = |tokenizer: &Value| tiny(tokenizer, TINY_HEADER, &[0; 24]).open();
    tokenizer["added_tokens"] = json!(vec![json!({"id": 0, "content": "cat"}); 64 * 1024]);
    assert!(opens(&tokenizer).is_ok(), "the same one many times is one");
    tokenizer["added_tokens"].as_array_mut().unwrap().push(json!({"id": 0, "content": "cat"}));
    let error = opens(&tokenizer).unwrap_err();
    assert!(error.code() == Code::ModelInvalid && error.message().contains("65537 added tokens"), "{error}");
}

#[test]
fn a_table_with_nan_or_infinity_never_gives_such_a_vector() {
    for hostile in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let rows = [0.0, 0.0, hostile, 1.0, 3.0, 4.0f32];
        let data: Vec<u8> = rows.iter().flat_map(|x| x.to_le_bytes()).collect();
        let model = tiny(&tiny_tokenizer(), TINY_HEADER, &data).open().unwrap();
        assert_eq!(model.embed("cat dog"), [0.0, 0.0]);
        assert_eq!(model.embed("dog"), [0.6, 0.8]);
    }
}

#[test]
fn rules_that_make_a_text_longer_and_longer_stop() {
    let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaaaaaaaa"});
    let mut tokenizer = tiny_tokenizer();
    tokenizer["normalizer"] = json!({"type": "Sequence", "normalizers": vec![double; 200]});
    let model = tiny(&tokenizer, TINY_HEADER, &[0; 24]).open().unwrap();
    assert_eq!(model.tokenize("a cat"), [0], "one very long unknown word");
    let spell = json!({"type": "ByteLevel", "add_prefix_space": true, "use_regex": false});
    tokenizer["normalizer"] = Value::Null;
    tokenizer["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": vec![spell; 200]});
    let model = tiny(&tokenizer, TINY_HEADER, &[0; 24]).open().unwrap();
    assert_eq!(model.tokenize("é cat"), [0], "spelled again and again");
    let nested = (0..100).fold(json!({"type": "NFC"}), |inner, _| json!({"type": "Sequence", "normalizers": [inner]}));
    tokenizer["normalizer"] = nested;
    assert!(code_of(tiny(&tokenizer, TINY_HEADER, &[0; 24]).open()) == Code::ModelInvalid, "nested too deep");
}

#[test]
fn a_cut_or_extended_blob_is_refused() {
    let (files, _) = case("wordpiece-quantized");
    let blob = files.pack().unwrap();
    assert_eq!(blob, files.pack().unwrap(), "the same files give the same bytes");
    for length in (0..blob.len()).step_by(7).chain(blob.len() - 3..blob.len()) {
        assert_eq!(code_of(open_blob(&blob[..length])), Code::ModelInvalid, "cut at {length}");
    }
    let mut longer = blob.clone();
    longer.push(0);
    assert_eq!(code_of(open_blob(&longer)), Code::ModelInvalid);
    let mut newer = blob.clone();
    newer[8] = 3;
    assert_eq!(code_of(open_blob(&newer)), Code::FormatUnsupported);
}

/// Collections have models that were packed before vocabularies stood apart.
#[test]
fn a_blob_of_version_1_is_read() {
    for name in ["wordpiece-int8", "unigram-bytes"] {
        let (Files { config, tokenizer, safetensors }, vectors) = case(name);
        let mut blob = [&b"HWMODEL\0"[..], &1u32.to_le_bytes(), &3u32.to_le_bytes()].concat();
        let mut end = 88usize;
        for (kind, file) in [(1u32, &config), (2, &tokenizer), (3, &safetensors)] {
            let start = end.next_multiple_of(64);
            blob.extend([kind.to_le_bytes(), [0; 4]].as_flattened());
            blob.extend([(start as u64).to_le_bytes(), (file.len() as u64).to_le_bytes()].as_flattened());
            end = start + file.len();
        }
        for file in [config, tokenizer, safetensors] {
            blob.resize(blob.len().next_multiple_of(64), 0);
            blob.extend(file);
        }
        check_vectors(name, &open_blob(&blob).unwrap(), &vectors, &Ids::AsInFiles);
    }
}

#[test]
fn sections_have_one_valid_place() {
    let (files, _) = case("wordpiece-int8");
    let blob = files.pack().unwrap();
    // Every byte of header and padding counts.
    for at in 0..128 {
        let mut changed = blob.clone();
        changed[at] ^= 1;
        assert!(open_blob(&changed).is_err(), "byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_models_never_panic(
        which in 0..CASES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
        text in "\\PC{0,60}",
    ) {
        let (files, _) = case(CASES[which]);
        let mut blob = files.pack().unwrap();
        for (at, byte) in changes {
            let at = at.index(blob.len());
            blob[at] = byte;
        }
        if let Some(cut) = cut {
            blob.truncate(cut.index(blob.len()));
        }
        if let Ok(model) = open_blob(&blob) {
            let _ = model.tokenize(&text);
            prop_assert!(model.embed(&text).iter().all(|x| x.is_finite()));
        }
    }

    #[test]
    fn damaged_rules_never_panic(
        which in 0..CASES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
        text in any::<String>(),
    ) {
        let (files, _) = case(CASES[which]);
        // Characters swapped within the JSON keep it well-formed more often than random bytes.
        let mut json: Vec<char> = String::from_utf8(files.tokenizer.clone()).unwrap().chars().collect();
        for (a, b) in changes {
            let (a, b) = (a.index(json.len()), b.index(json.len()));
            json.swap(a, b);
        }
        let damaged = Files { tokenizer: json.into_iter().collect::<String>().into_bytes(), ..files };
        if let Ok(model) = damaged.open() {
            let _ = model.tokenize(&text);
        }
    }

    #[test]
    fn any_text_gives_known_ids_and_a_finite_vector(which in 0..CASES.len(), text in any::<String>()) {
        let (files, _) = case(CASES[which]);
        let model = files.open().unwrap();
        let first = model.embed(&text);
        prop_assert!(first.iter().all(|x| x.is_finite()));
        prop_assert_eq!(first, model.embed(&text));
    }
}
