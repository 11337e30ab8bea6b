//! Commands that are said so that a shell takes them as they stand.

use std::borrow::Cow;

/// A text as one word of a command.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_take_for_more_than_a_word_is_quoted() {
        for (text, word) in
            [("./a/b-1.json", "./a/b-1.json"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$x", "'$x'"), ("", "''")]
        {
            assert_eq!(quoted(text), word);
        }
    }
}
