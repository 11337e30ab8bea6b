//! Values across the border: errors are always an object with `code`, `detail` and `retryable`.
//!
//! Values cross object by object (serde-wasm-bindgen); as JSON text they would bring along what prints
//! floats, 12 KB gzipped. Payloads cross as the text they are stored in, see `replica`.

use headwater_core::error::Error;
use headwater_core::model::Problem;
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
