//! Numbers of things in sentences: `1 point`, `2 points`.

/// `1 point`, `2 points`: of any word that takes an s.
pub(crate) fn counted(count: impl Into<u64>, what: &str) -> String {
    let count = count.into();
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The verb behind such a number: `1 point is`, `2 points are`.
pub(crate) const fn are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        let said = |count: u64| counted(count, "point");
        assert_eq!([said(0), said(1), said(2)], ["0 points", "1 point", "2 points"]);
        assert_eq!([are(0), are(1), are(2)], ["are", "is", "are"]);
    }
}
