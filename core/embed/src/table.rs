//! The embedding table: which bytes are the row of a token.
//!
//! Tensors of a model2vec file: `embeddings` [rows, dim]; after vocabulary quantization also
//! `mapping` [tokens] (token id to row) and `weights` [tokens]. In a sentence-transformers file the
//! first is called `embedding.weight`.

use alloc::vec::Vec;
use core::ops::Range;

use super::tensors::{self, Tensor, invalid};
use crate::error::{Code, Error, Result};
use crate::limits::{MAX_DIM, MAX_TOKENS};
use crate::parts::{Stretch, missing};

/// Type of the numbers of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// 8-bit integer.
    I8,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// IEEE half.
    F16,
    /// bfloat16.
    Bf16,
    /// IEEE single.
    F32,
    /// IEEE double.
    F64,
}

impl Number {
    fn parse(tensor: &Tensor) -> Result<Self> {
        Ok(match tensor.dtype.as_str() {
            "I8" => Self::I8,
            "I32" => Self::I32,
            "I64" => Self::I64,
            "F16" => Self::F16,
            "BF16" => Self::Bf16,
            "F32" => Self::F32,
            "F64" => Self::F64,
            other => {
                return Err(Error::new(
                    Code::ModelUnsupported,
                    alloc::format!(
                        "tensor {:?} has type {other}; save the model as int8, float16 or float32",
                        tensor.name
                    ),
                ));
            }
        })
    }

    const fn bytes(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::F16 | Self::Bf16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }
}

/// Shape and place of the table; the bytes stay with the model.
pub(super) struct Table {
    rows: usize,
    dim: usize,
    number: Number,
    data: Range<usize>,
    /// Token id to row, when several tokens share one.
    mapping: Option<Vec<u32>>,
    /// Token id to the factor of its row.
    weights: Option<Vec<f64>>,
}

fn check_size(tensor: &Tensor, items: usize, number: Number) -> Result<()> {
    if items.checked_mul(number.bytes()) == Some(tensor.data.len()) {
        return Ok(());
    }
    Err(invalid(format_args!(
        "tensor {:?} has {} bytes, its shape and type need {items} times {}",
        tensor.name,
        tensor.data.len(),
        number.bytes()
    )))
}

fn one_per_token(tensor: &Tensor) -> Result<usize> {
    match tensor.shape.as_slice() {
        [n] if *n <= MAX_TOKENS as u64 => Ok(*n as usize),
        shape => {
            Err(invalid(format_args!("tensor {:?} has shape {shape:?}, expected one number per token", tensor.name)))
        }
    }
}

impl Table {
    /// Finds and checks the table in a safetensors file.
    pub(super) fn parse(file: Stretch<'_>) -> Result<Self> {
        let found = tensors::parse(file)?;
        let embeddings = tensors::find(&found, "embeddings")
            .or_else(|| tensors::find(&found, "embedding.weight"))
            .ok_or_else(|| invalid("there is no tensor \"embeddings\"; is this a model2vec model?"))?;
        let (rows, dim) = match embeddings.shape.as_slice() {
            [rows, dim] if *rows <= MAX_TOKENS as u64 && (1..=MAX_DIM as u64).contains(dim) => {
                (*rows as usize, *dim as usize)
            }
            shape => {
                return Err(invalid(format_args!(
                    "tensor {:?} has shape {shape:?}, expected [up to {MAX_TOKENS} rows, 1 to {MAX_DIM} dimensions]",
                    embeddings.name
                )));
            }
        };
        let number = Number::parse(embeddings)?;
        if matches!(number, Number::I32 | Number::I64) {
            return Err(Error::new(
                Code::ModelUnsupported,
                alloc::format!(
                    "tensor {:?} has type {}; save the model as int8, float16 or float32",
                    embeddings.name,
                    embeddings.dtype
                ),
            ));
        }
        check_size(embeddings, rows.saturating_mul(dim), number)?;
        let mapping = tensors::find(&found, "mapping").map(|t| read_mapping(file, t, rows)).transpose()?;
        let weights = tensors::find(&found, "weights").map(|t| read_weights(file, t)).transpose()?;
        Ok(Self { rows, dim, number, data: embeddings.data.clone(), mapping, weights })
    }

    /// Fails unless every token id below `bound` has a row, and a weight where there are weights.
    pub(super) fn check_ids(&self, bound: usize) -> Result<()> {
        let tokens = self.mapping.as_ref().map_or(self.rows, Vec::len);
        let weights = self.weights.as_ref().map_or(tokens, Vec::len);
        if bound > tokens || bound > weights {
            return Err(Error::new(
                Code::ModelInvalid,
                alloc::format!(
                    "the tokenizer has ids up to {}, the model has rows for {tokens} and weights for {weights} tokens; they do not belong together",
                    bound.saturating_sub(1)
                ),
            ));
        }
        Ok(())
    }

    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    pub(super) fn number(&self) -> Number {
        self.number
    }

    pub(super) fn has_weights(&self) -> bool {
        self.weights.is_some()
    }

    /// The bytes of the token's row; none where they are not here.
    pub(super) fn row<'b>(&self, file: Stretch<'b>, id: u32) -> &'b [u8] {
        let row = match &self.mapping {
            Some(mapping) => mapping.get(id as usize).copied().unwrap_or(id) as usize,
            None => id as usize,
        };
        let row_bytes = self.dim * self.number.bytes();
        // A row past the end cannot be asked for after `check_ids`; it would read as no numbers.
        let start = row.checked_mul(row_bytes).and_then(|at| at.checked_add(self.data.start));
        let end = start.and_then(|start| start.checked_add(row_bytes)).filter(|end| *end <= self.data.end);
        start.zip(end).and_then(|(start, end)| file.get(start..end)).unwrap_or_default()
    }

    /// The factor of the token's row.
    pub(super) fn weight(&self, id: u32) -> f64 {
        self.weights.as_ref().and_then(|w| w.get(id as usize)).copied().unwrap_or(1.0)
    }
}

/// The same file with the rows of these tokens, in this order, at its beginning, and the others as they were. None
/// where rows are not those of tokens, one by one.
pub(super) fn reordered(file: &[u8], old_ids: &[u32]) -> Result<Option<Vec<u8>>> {
    let table = Table::parse(file.into())?;
    if table.mapping.is_some() || table.weights.is_some() {
        return Ok(None);
    }
    let mut bytes = file.to_vec();
    let places = bytes.get_mut(table.data.clone()).unwrap_or_default().chunks_mut(table.dim * table.number.bytes());
    for (place, &old) in places.zip(old_ids) {
        let row = table.row(file.into(), old);
        if row.len() == place.len() {
            place.copy_from_slice(row);
        }
    }
    Ok(Some(bytes))
}

fn read_mapping(file: Stretch<'_>, tensor: &Tensor, rows: usize) -> Result<Vec<u32>> {
    let tokens = one_per_token(tensor)?;
    let number = Number::parse(tensor)?;
    check_size(tensor, tokens, number)?;
    let bytes = file.get(tensor.data.clone()).ok_or_else(missing)?;
    let checked = |row: i64| match u32::try_from(row) {
        Ok(row) if (row as usize) < rows => Ok(row),
        _ => Err(invalid(format_args!("tensor \"mapping\" names row {row} of {rows}"))),
    };
    match number {
        Number::I32 => bytes.as_chunks().0.iter().map(|b| checked(i32::from_le_bytes(*b).into())).collect(),
        Number::I64 => bytes.as_chunks().0.iter().map(|b| checked(i64::from_le_bytes(*b))).collect(),
        _ => Err(invalid(format_args!("tensor \"mapping\" has type {}, expected I32 or I64", tensor.dtype))),
    }
}

fn read_weights(file: Stretch<'_>, tensor: &Tensor) -> Result<Vec<f64>> {
    let tokens = one_per_token(tensor)?;
    let number = Number::parse(tensor)?;
    check_size(tensor, tokens, number)?;
    let bytes = file.get(tensor.data.clone()).ok_or_else(missing)?;
    let weights: Vec<f64> = match number {
        Number::F16 => bytes.as_chunks().0.iter().map(|b| half(*b)).collect(),
        Number::Bf16 => bytes.as_chunks().0.iter().map(|b| brain(*b)).collect(),
        Number::F32 => bytes.as_chunks().0.iter().map(|b| single(*b)).collect(),
        Number::F64 => bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        _ => return Err(invalid(format_args!("tensor \"weights\" has type {}, expected a float type", tensor.dtype))),
    };
    if weights.iter().all(|w| w.is_finite()) {
        return Ok(weights);
    }
    Err(invalid("tensor \"weights\" has a value that is not finite"))
}

/// Little-endian IEEE half to double, exactly.
pub(super) fn half(bytes: [u8; 2]) -> f64 {
    let bits = u16::from_le_bytes(bytes);
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = bits >> 10 & 0x1f;
    let fraction = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * TWO_POW_MINUS_24,
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        // 2^(exponent - 25) as bits of a double: always normal, so the product is exact.
        _ => (1024.0 + fraction) * f64::from_bits((u64::from(exponent) + 1023 - 25) << 52),
    }
}

const TWO_POW_MINUS_24: f64 = 1.0 / 16_777_216.0;

/// Little-endian bfloat16 to double, exactly.
pub(super) fn brain([low, high]: [u8; 2]) -> f64 {
    single([0, 0, low, high])
}

/// Little-endian IEEE single to double, exactly.
pub(super) fn single(bytes: [u8; 4]) -> f64 {
    f32::from_le_bytes(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        let of = |bits: u16| half(bits.to_le_bytes());
        assert_eq!(of(0x3c00), 1.0);
        assert_eq!(of(0xc000), -2.0);
        assert_eq!(of(0x7bff), 65504.0);
        assert_eq!(of(0x0001), 5.960_464_477_539_063e-8);
        assert_eq!(of(0x0400), 6.103_515_625e-5);
        assert_eq!(of(0x3555), 0.333_251_953_125);
        assert_eq!(of(0x7c00), f64::INFINITY);
        assert!(of(0x7e01).is_nan());
        assert!(of(0x8000) == 0.0 && of(0x8000).is_sign_negative());
    }

    #[test]
    fn bfloat16_is_the_upper_half_of_a_single() {
        assert_eq!(brain([0x80, 0x3f]), 1.0);
        assert_eq!(brain([0x49, 0xc0]), -3.140_625);
    }
}
