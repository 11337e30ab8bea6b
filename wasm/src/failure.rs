//! Values across the border: errors are always an object with `code`, `detail` and `retryable`.
//!
//! Everything crosses as JSON text that the runtime parses. Object by object (serde-wasm-bindgen) is slower,
//! makes the engine larger, and refuses integers beyond 2^53, of which a payload may be full.

use headwater_core::error::{Code, Error};
use headwater_core::model::Problem;
use js_sys::{JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::JsValue;

/// A value as JavaScript would have parsed it from an HTTP answer.
pub(crate) fn convert<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let text = serde_json::to_string(value).map_err(|e| JsValue::from_str(&e.to_string()))?;
    JSON::parse(&text)
}

/// A core error as the problem document that HTTP clients would get.
pub(crate) fn to_js(error: &Error) -> JsValue {
    convert(&Problem::from(error)).unwrap_or_else(|_| JsValue::from_str(error.message()))
}

/// A JavaScript error under this code, with its own message.
pub(crate) fn from_js(code: Code, what: &str, error: &JsValue) -> Error {
    let text = Reflect::get(error, &"message".into()).ok().and_then(|m| m.as_string());
    let text = text.or_else(|| error.as_string()).unwrap_or_else(|| "unknown reason".to_owned());
    Error::new(code, format!("{what}: {text}"))
}

/// An error of a store: under its own code when there is no room.
pub(crate) fn of_store(what: &str, error: &JsValue) -> Error {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|n| n.as_string());
    match name.as_deref() {
        Some("QuotaExceededError") => no_space(what),
        _ => from_js(Code::StorageFailed, what, error),
    }
}

/// A store has no room left.
pub(crate) fn no_space(what: &str) -> Error {
    Error::new(Code::StorageFull, format!("{what} has no more space; free some, or keep fewer collections"))
}
