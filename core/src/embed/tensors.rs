//! The header of a safetensors file: `u64` length, JSON, then the tensors' bytes end to end.
//!
//! Written here rather than taken from a crate: the format is small, and this reader refuses what
//! is not canonical (gaps, overlaps, twice the same name) before anything else looks at it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::error::{Code, Error, Result};
use crate::limits::MAX_TENSORS_HEADER_BYTES;

/// One tensor; `data` is its place in the whole file.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) shape: Vec<u64>,
    pub(super) data: Range<usize>,
}

#[derive(Deserialize)]
struct TensorJson {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

struct HeaderJson(Vec<(String, TensorJson)>);

impl<'de> Deserialize<'de> for HeaderJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = HeaderJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderJson, A::Error> {
        let mut tensors = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
            } else {
                tensors.push((name, map.next_value()?));
            }
        }
        Ok(HeaderJson(tensors))
    }
}

fn invalid(what: impl fmt::Display) -> Error {
    Error::new(Code::ModelInvalid, alloc::format!("model.safetensors: {what}"))
}

/// Reads the header: tensors in the order of their bytes, which they cover without gap or overlap.
pub(super) fn parse(file: &[u8]) -> Result<Vec<Tensor>> {
    let (length, rest) =
        file.split_first_chunk::<8>().ok_or_else(|| invalid("shorter than its header"))?;
    let header_bytes = usize::try_from(u64::from_le_bytes(*length))
        .ok()
        .filter(|n| *n <= MAX_TENSORS_HEADER_BYTES)
        .ok_or_else(|| invalid(format_args!("its header is larger than {MAX_TENSORS_HEADER_BYTES} bytes")))?;
    let (header, data) =
        rest.split_at_checked(header_bytes).ok_or_else(|| invalid("its header is cut off"))?;
    let HeaderJson(entries) = serde_json::from_slice(header).map_err(invalid)?;
    let data_at = 8 + header_bytes;
    let mut tensors = Vec::with_capacity(entries.len());
    for (name, TensorJson { dtype, shape, data_offsets: (begin, end) }) in entries {
        let (Ok(begin), Ok(end)) = (usize::try_from(begin), usize::try_from(end)) else {
            return Err(invalid(format_args!("tensor {name:?} is larger than this machine's memory")));
        };
        if begin > end || end > data.len() {
            return Err(invalid(format_args!("tensor {name:?} reaches over the end of the file")));
        }
        tensors.push(Tensor { name, dtype, shape, data: data_at + begin..data_at + end });
    }
    tensors.sort_by_key(|t| (t.data.start, t.data.end));
    let mut end = data_at;
    for tensor in &tensors {
        if tensor.data.start != end {
            return Err(invalid(format_args!("a gap or an overlap before tensor {:?}", tensor.name)));
        }
        end = tensor.data.end;
    }
    if end != file.len() {
        return Err(invalid("bytes after the last tensor"));
    }
    Ok(tensors)
}

/// The only tensor of this name, if there is one.
pub(super) fn find<'t>(tensors: &'t [Tensor], name: &str) -> Result<Option<&'t Tensor>> {
    let mut named = tensors.iter().filter(|t| t.name == name);
    let first = named.next();
    match named.next() {
        Some(_) => Err(invalid(format_args!("tensor {name:?} appears twice"))),
        None => Ok(first),
    }
}
