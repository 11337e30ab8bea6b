//! The bytes of a stored point: as the user gave it, derived vectors left out.
//!
//! ```text
//! u8 format = 1
//! u32 length, payload as JSON: its text as it came, but for white space and how strings are escaped
//! per given vector, by name:  u8 length, name;  u32 dim, that many f32
//! ```
//! Little-endian. Vectors stand as bits, so what comes back is what was given. The id is the key.

use headwater_core::error::{Code, Error, Result};
use headwater_core::model::{ByName, PayloadText, Point};

const FORMAT: u8 = 1;

/// Encodes a point that has passed its schema: names of vectors are at most 64 bytes.
pub(super) fn encode(point: &Point) -> Result<Vec<u8>> {
    let failed = |what: &str| Error::new(Code::Internal, format!("point {:?} cannot be stored: {what}", point.id));
    let payload = point.payload.as_str().as_bytes();
    let components: usize = point.vectors.values().map(|v| v.len() * 4 + 80).sum();
    let mut bytes = Vec::with_capacity(5 + payload.len() + components);
    bytes.push(FORMAT);
    bytes.extend(u32::try_from(payload.len()).map_err(|_| failed("payload too long"))?.to_le_bytes());
    bytes.extend(payload);
    for (name, vector) in &point.vectors {
        bytes.push(u8::try_from(name.len()).map_err(|_| failed("vector name too long"))?);
        bytes.extend(name.as_bytes());
        bytes.extend(u32::try_from(vector.len()).map_err(|_| failed("vector too long"))?.to_le_bytes());
        bytes.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
    }
    Ok(bytes)
}

/// Decodes what [`encode`] has made.
pub(super) fn decode(id: &str, bytes: &[u8]) -> Result<Point> {
    let mut rest = bytes;
    match take(&mut rest, 1) {
        Some([FORMAT]) => {}
        Some([format]) => {
            let message = format!("point {id:?} is stored in format {format}; update Headwater");
            return Err(Error::new(Code::FormatUnsupported, message));
        }
        _ => return Err(damaged(id)),
    }
    body(id, rest).ok_or_else(|| damaged(id))
}

fn body(id: &str, mut rest: &[u8]) -> Option<Point> {
    let length = number(&mut rest)?;
    let payload = std::str::from_utf8(take(&mut rest, length)?).ok()?;
    let payload = PayloadText::parse(payload.to_owned()).ok()?;
    let mut vectors = ByName::new();
    while let Some(&[length]) = take(&mut rest, 1) {
        let name = std::str::from_utf8(take(&mut rest, usize::from(length))?).ok()?.to_owned();
        let dim = number(&mut rest)?;
        let components = take(&mut rest, dim.checked_mul(4)?)?.as_chunks::<4>().0;
        vectors.insert(name, components.iter().map(|c| f32::from_le_bytes(*c)).collect());
    }
    Some(Point { id: id.to_owned(), vectors, payload })
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let bytes = take(rest, 4)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

fn damaged(id: &str) -> Error {
    Error::corrupt(format!("point {id:?} in the point store is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    prop_compose! {
        fn any_point()(
            id in "[a-z0-9/ é]{1,20}",
            text in ".{0,40}",
            number in 0f64..1e9,
            vectors in btree_map("[a-z]{1,64}", vec(any::<u32>().prop_map(f32::from_bits), 0..20), 0..4),
        ) -> Point {
            let payload = format!("{{\"text\": {}, \"number\": {number:?}, \"long\": 1{number:.30}}}", serde_json::json!(text));
            Point { id, vectors: vectors.into_iter().collect(), payload: serde_json::from_str(&payload).unwrap() }
        }
    }

    fn bits(point: &Point) -> Vec<(String, Vec<u32>)> {
        let bits = |v: &Vec<f32>| v.iter().map(|x| x.to_bits()).collect();
        point.vectors.iter().map(|(name, v)| (name.clone(), bits(v))).collect()
    }

    proptest! {
        #[test]
        fn a_point_comes_back_to_the_bit(point in any_point()) {
            let back = decode(&point.id, &encode(&point).unwrap()).unwrap();
            prop_assert_eq!(bits(&back), bits(&point));
            prop_assert_eq!((back.id, back.payload), (point.id, point.payload));
        }

        #[test]
        fn damage_is_an_error_or_another_point_but_never_a_panic(
            point in any_point(), cut in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let mut bytes = encode(&point).unwrap();
            let _ = decode("x", &bytes[..cut.index(bytes.len())]);
            let at = flip.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let _ = decode("x", &bytes);
        }
    }

    #[test]
    fn an_unknown_format_says_so() {
        assert_eq!(decode("x", &[9]).unwrap_err().code(), Code::FormatUnsupported);
        assert_eq!(decode("x", &[]).unwrap_err().code(), Code::Corrupt);
        assert_eq!(decode("x", &[1, 255, 255, 255, 255, b'{']).unwrap_err().code(), Code::Corrupt);
    }
}
