//! Names and ids out of the path of a URL.
//!
//! Ids stand percent-encoded in one segment, whatever characters they have. `.` and `..` cannot: every parser of URLs
//! takes them for steps in the tree, also as `%2e`, so no point may be called that (`check_point_id`).

use headwater_model::error::{Code, Error, Result};
use headwater_model::ids::{check_path_name, check_point_id};
use percent_encoding::percent_decode_str;

/// A segment without its percent-encoding.
pub fn decode(segment: &str) -> Result<String> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Error::new(Code::NotFound, format!("{segment:?} in the path is not percent-encoded UTF-8")))
}

/// A segment as the name of a collection. What no collection can be called is not found.
pub fn collection(segment: &str) -> Result<String> {
    let name = decode(segment)?;
    match check_path_name(&name, "collection") {
        Ok(()) => Ok(name),
        Err(error) => Err(Error::new(Code::CollectionNotFound, format!("no collection {name:?}: {}", error.message()))),
    }
}

/// A segment as the id of a point.
pub fn point_id(segment: &str) -> Result<String> {
    let id = decode(segment)?;
    check_point_id(&id)?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_id_that_may_be_written_stands_in_one_segment(id in "\\PC{1,40}") {
            prop_assume!(check_point_id(&id).is_ok());
            let segment = utf8_percent_encode(&id, NON_ALPHANUMERIC).to_string();
            prop_assert!(!segment.contains(['/', '?', '#', '\\']));
            prop_assert_eq!(point_id(&segment).unwrap(), id);
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_an_error() {
        for (segment, code) in [
            ("%FF", Code::NotFound),
            ("UPPER", Code::CollectionNotFound),
            ("..%2fx", Code::CollectionNotFound),
            ("", Code::CollectionNotFound),
        ] {
            assert_eq!(collection(segment).unwrap_err().code(), code, "{segment}");
        }
        for (segment, code) in [("%FF", Code::NotFound), ("a%00b", Code::InvalidPoint), ("", Code::InvalidPoint)] {
            assert_eq!(point_id(segment).unwrap_err().code(), code, "{segment}");
        }
        assert_eq!(point_id("a%2Fb%20%C3%A9%25%3F%23%5C").unwrap(), "a/b é%?#\\");
    }
}
