//! The header of a safetensors file: `u64` length, JSON, then the tensors' bytes end to end.
//!
//! Written here rather than taken from a crate: the format is small, and this reader refuses what
//! is not canonical (a gap, an overlap) before anything else looks at it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json;
use crate::limits::MAX_TENSORS_HEADER_BYTES;
use crate::parts::Stretch;

/// Tensors of one file, most of which are not read: they are compared with each other.
const MAX_TENSORS: usize = 64;

/// One tensor; `data` is its place in the whole file.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) shape: Vec<u64>,
    pub(super) data: Range<usize>,
}

pub(super) fn invalid(what: impl fmt::Display) -> Error {
    Error::new(Code::ModelInvalid, alloc::format!("model.safetensors: {what}"))
}

/// Reads the header: the tensors, which cover the file without gap or overlap. Fails with `parts_missing` where the
/// header is not here.
pub(super) fn parse(file: Stretch<'_>) -> Result<Vec<Tensor>> {
    let part = |range: Range<usize>, wrong: &str| {
        let found = file.get(range);
        found.map_or_else(|| file.all_here().and(Err(invalid(wrong))), Ok)
    };
    let length = part(0..8, "shorter than its header")?.first_chunk().copied().unwrap_or_default();
    let header_bytes = usize::try_from(u64::from_le_bytes(length))
        .ok()
        .filter(|n| *n <= MAX_TENSORS_HEADER_BYTES)
        .ok_or_else(|| invalid(format_args!("its header is larger than {MAX_TENSORS_HEADER_BYTES} bytes")))?;
    let header = part(8..8 + header_bytes, "its header is cut off")?;
    let Value::Object(header) = json::from_slice(header).map_err(invalid)? else {
        return Err(invalid("its header is not an object"));
    };
    if header.len() > MAX_TENSORS {
        return Err(invalid(format_args!("more than {MAX_TENSORS} tensors; a static model has three")));
    }
    let data_at = 8 + header_bytes;
    let mut tensors = Vec::with_capacity(header.len());
    for (name, entry) in header {
        if name != "__metadata__" {
            let tensor = read(&name, &entry, data_at).ok_or_else(|| {
                invalid(format_args!("tensor {name:?} has no dtype, shape or data_offsets, or impossible ones"))
            })?;
            tensors.push(tensor);
        }
    }
    check_cover(&tensors, data_at, file.len())?;
    Ok(tensors)
}

fn read(name: &str, entry: &Value, data_at: usize) -> Option<Tensor> {
    let numbers =
        |field: &str| -> Option<Vec<u64>> { entry.get(field)?.as_array()?.iter().map(Value::as_u64).collect() };
    let [begin, end] = numbers("data_offsets")?.try_into().ok()?;
    let place = |offset: u64| usize::try_from(offset).ok()?.checked_add(data_at);
    Some(Tensor {
        name: name.into(),
        dtype: entry.get("dtype")?.as_str()?.into(),
        shape: numbers("shape")?,
        data: place(begin)?..place(end)?,
    })
}

/// Follows the tensors from the first byte to the last. Empty ones may stand anywhere inside.
fn check_cover(tensors: &[Tensor], start: usize, end: usize) -> Result<()> {
    let inside = |t: &&Tensor| t.data.start >= start && t.data.end <= end;
    let mut at = start;
    for _ in tensors.iter().filter(|t| !t.data.is_empty()) {
        let next = tensors.iter().filter(inside).find(|t| t.data.start == at && t.data.end > at);
        at = next.map(|t| t.data.end).ok_or_else(|| invalid(format_args!("no tensor starts at byte {at}")))?;
    }
    let orderly = tensors.iter().all(|t| t.data.start <= t.data.end && inside(&t));
    if at == end && orderly {
        return Ok(());
    }
    Err(invalid("its tensors do not cover it from the header to the end"))
}

/// The tensor of this name.
pub(super) fn find<'t>(tensors: &'t [Tensor], name: &str) -> Option<&'t Tensor> {
    tensors.iter().find(|t| t.name == name)
}
