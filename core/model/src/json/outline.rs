//! What serde_json refuses and JavaScript's `JSON.parse` takes, found in one pass over the text: values nested too
//! deep, and halves of surrogate pairs.

/// Lists and objects in each other, as many as serde_json reads.
const MAX_DEPTH: u32 = 127;

/// Refuses what only `JSON.parse` would take, and counts the names of all members. Says nothing of a text that is no
/// JSON at all. Complexity: linear.
pub(super) fn check(text: &str) -> Result<usize, &'static str> {
    let (mut depth, mut quoted, mut high, mut names) = (0u32, false, false, 0);
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        // The second half of a pair stands at once behind the first.
        let expected = core::mem::take(&mut high);
        let unit = match (quoted, byte, after) {
            (true, b'\\', [b'u', a, b, c, d, escaped @ ..]) => {
                rest = escaped;
                hex([*a, *b, *c, *d])
            }
            (true, b'\\', [_, escaped @ ..]) => {
                rest = escaped;
                0
            }
            _ => 0,
        };
        if expected != (0xDC00..0xE000).contains(&unit) {
            return Err("half of a surrogate pair");
        }
        high = (0xD800..0xDC00).contains(&unit);
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => names += 1,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err("lists and objects are nested too deep");
        }
    }
    Ok(names)
}

/// What four hexadecimal digits say; 0 for others, which `JSON.parse` refuses.
fn hex(digits: [u8; 4]) -> u32 {
    digits.into_iter().try_fold(0, |sum, digit| Some(sum << 4 | char::from(digit).to_digit(16)?)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString as _};

    use proptest::prelude::*;
    use serde_json::Value;

    use super::{MAX_DEPTH, check};

    proptest! {
        /// Of texts that `JSON.parse` takes, those are refused that serde_json refuses: here strings of escapes.
        #[test]
        fn halves_of_pairs_are_refused_as_by_serde_json(
            units in prop::collection::vec(prop_oneof![
                (0xD7F0u32..0xE010).prop_map(|unit| format!("\\u{unit:04x}")),
                (0xD7F0u32..0xE010).prop_map(|unit| format!("\\u{unit:04X}")),
                Just("\\\\".to_string()), Just("\\\"".to_string()), Just("u".to_string()), Just("[".to_string()),
                Just("d800".to_string()), Just("é".to_string()),
            ], 0..6),
        ) {
            let text = format!("[\"{}\"]", units.concat());
            prop_assert_eq!(check(&text).is_ok(), serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }

        #[test]
        fn whatever_the_text_it_ends(text in "[\\\\\"u0-9d\\[{}\\],]{0,40}") {
            let _ = check(&text);
            if serde_json::from_str::<Value>(&text).is_ok() {
                prop_assert!(check(&text).is_ok());
            }
        }
    }

    #[test]
    fn as_deep_as_serde_json_and_no_deeper() {
        let nested = |depth: usize| -> String { "[".repeat(depth) + &"]".repeat(depth) };
        for depth in [MAX_DEPTH as usize, MAX_DEPTH as usize + 1] {
            let text = nested(depth);
            assert_eq!(check(&text).is_ok(), serde_json::from_str::<Value>(&text).is_ok(), "{depth}");
        }
        assert_eq!(check(&format!("{{\"{}\": 1}}", "[".repeat(1000))), Ok(1), "in a string it is text");
        assert_eq!(check(&format!("[{}0]", "[],".repeat(1000))), Ok(0), "beside each other");
    }
}
