//! Numbers of things in sentences: `1 point`, `2 points`.

use std::fmt::Display;

/// `1 point`, `2 points`: of any word that takes an s.
pub(crate) fn counted(count: impl Into<u64>, what: &str) -> impl Display {
    let count = count.into();
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        let said = |count: u64| counted(count, "point").to_string();
        assert_eq!([said(0), said(1), said(2)], ["0 points", "1 point", "2 points"]);
    }
}
