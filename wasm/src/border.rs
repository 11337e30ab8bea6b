//! Values across the border: errors are always an object with `code`, `detail` and `retryable`.
//!
//! Values cross object by object (serde-wasm-bindgen); as JSON text they would bring along what prints
//! floats, 12 KB gzipped. Payloads cross as the text they are stored in, see `replica`.

use headwater_core::error::{Code, Error};
use headwater_core::model::Problem;
use js_sys::Reflect;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// A value as JavaScript would have parsed it from an HTTP answer.
pub(crate) fn convert<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(Into::into)
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
        Some("QuotaExceededError") => {
            Error::new(Code::StorageFull, format!("{what} has no more space; free some, or keep fewer collections"))
        }
        _ => from_js(Code::StorageFailed, what, error),
    }
}
