use alloc::string::ToString;
use alloc::vec;

use serde_json::json;

use super::*;
use crate::model::FieldType;

struct Lengths;

impl Embedder for Lengths {
    fn dim(&self) -> usize {
        2
    }
    fn embed(&self, text: &str) -> Vec<f32> {
        vec![text.len() as f32, text.matches(", ").count() as f32]
    }
    fn resident_bytes(&self) -> u64 {
        0
    }
}

fn schema() -> Schema {
    let embed = Some(Embed { model: "lengths".into(), from: vec!["words".into(), "text".into()] });
    let vector = |dim, metric, embed| VectorField { dim, metric, embed, ..VectorField::default() };
    Schema {
        vectors: [("a".to_string(), vector(2, Metric::Cosine, None)), ("b".to_string(), vector(2, Metric::Dot, embed))]
            .into(),
        fields: [("n".to_string(), FieldType::Integer.into())].into(),
        ..Schema::default()
    }
}

fn lengths(metric: &str) -> Schema {
    Schema::from_json(json!({"vectors": {"c": {"dim": 2, "metric": metric}}}).to_string().as_bytes()).unwrap()
}

fn models() -> Models {
    let mut models = Models::default();
    models.insert("lengths".into(), BlobRef::of(b""), Arc::new(Lengths));
    models
}

fn point(value: Value) -> Point {
    serde_json::from_value(value).unwrap()
}

fn code(value: Value) -> Code {
    prepare(point(value), &schema(), &models()).unwrap_err().code()
}

#[test]
fn vectors_are_derived_and_normalised() {
    let raw = point(
        json!({"id": "x", "vectors": {"a": [3.0, 4.0]}, "payload": {"words": ["one", "two"], "text": "12345", "n": 4}}),
    );
    let prepared = prepare(raw, &schema(), &models()).unwrap();
    assert_eq!(prepared.vectors, vec![vec![0.6, 0.8], vec!["one, two: 12345".len() as f32, 1.0]]);
    for none in [json!({"a": [0.0, 0.0]}), json!({"a": null}), json!({}), Value::Null] {
        let without = prepare(point(json!({"id": "x", "vectors": none})), &schema(), &models()).unwrap();
        assert_eq!(
            without.vectors,
            vec![vec![], Vec::<f32>::new()],
            "no direction, and no text to derive one from: {none}"
        );
    }
    let zero = prepare(point(json!({"id": "x", "vectors": {"c": [0, 0]}})), &lengths("dot"), &models()).unwrap();
    assert_eq!(zero.vectors, vec![vec![0.0, 0.0]], "a vector like any other");
    let without = prepare(point(json!({"id": "x"})), &lengths("l2"), &models()).unwrap();
    assert_eq!(without.vectors, vec![Vec::<f32>::new()]);
    let huge = prepare(point(json!({"id": "x", "vectors": {"a": [3e38, 3e38]}})), &schema(), &models()).unwrap();
    assert!(huge.vectors[0].iter().all(|x| (x - 0.707).abs() < 0.001));
}

/// A point past this would be published, and then no reader would open its segment.
#[test]
fn components_of_which_scores_would_not_be_numbers_are_refused() {
    for metric in ["dot", "l2", "cosine"] {
        let schema = json!({"vectors": {"v": {"dim": 2, "metric": metric}}});
        let schema = Schema::from_json(schema.to_string().as_bytes()).unwrap();
        let outcome =
            |x: f64| prepare(point(json!({"id": "x", "vectors": {"v": [1, x]}})), &schema, &Models::default());
        assert!(outcome(-1e15).is_ok());
        let refused = outcome(-2e15).map(drop).map_err(|e| e.code());
        // Cosine scales to length 1 first.
        assert_eq!(refused, if metric == "cosine" { Ok(()) } else { Err(Code::LimitExceeded) });
    }
}

#[test]
fn each_defect_has_its_code() {
    assert_eq!(code(json!({"id": "", "vectors": {"a": [1, 0]}})), Code::InvalidPoint);
    assert_eq!(code(json!({"id": "a\nb", "vectors": {"a": [1, 0]}})), Code::InvalidPoint);
    assert_eq!(code(json!({"id": "x", "vectors": {"a": []}})), Code::DimensionMismatch);
    assert_eq!(code(json!({"id": "x", "vectors": {"a": [1]}})), Code::DimensionMismatch);
    assert_eq!(code(json!({"id": "x", "vectors": {"a": [1e39, 0]}})), Code::NonFinite);
    assert_eq!(code(json!({"id": "x", "vectors": {"a": [1, 0], "z": [1]}})), Code::UnknownField);
    assert_eq!(code(json!({"id": "x", "vectors": {"a": [1, 0]}, "payload": {"n": "four"}})), Code::TypeMismatch);
    assert_eq!(code(json!({"id": "x", "vectors": {"a": [1, 0]}, "payload": {"n": 1.5}})), Code::TypeMismatch);
    assert_eq!(
        code(json!({"id": "x", "vectors": {"a": [1, 0]}, "payload": {"t": "y".repeat(70_000)}})),
        Code::LimitExceeded
    );
    let missing = prepare(point(json!({"id": "x", "vectors": {"a": [1, 0]}})), &schema(), &Models::default());
    assert_eq!(missing.unwrap_err().code(), Code::ModelNotFound);
}
