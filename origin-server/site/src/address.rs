//! Relative URLs of pages and sections, percent-encoded as they stand in links.

use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

/// What a path does not hold as it is (<https://url.spec.whatwg.org/#path-percent-encode-set>); `%` as well, because
/// names of files are not encoded yet.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'%')
    .add(b'\\');
/// The same of a fragment.
const IN_FRAGMENT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'%').add(b'#');

/// The URL of a page by its file, or by the path that it says it has: that of its folder where servers show it for the
/// folder.
pub(crate) fn of_page(file: &str) -> String {
    let shown = match file.rsplit_once('/') {
        Some((folder, "index.html" | "index.htm")) => format!("{folder}/"),
        None if matches!(file, "" | "index.html" | "index.htm") => return "./".to_owned(),
        _ => file.to_owned(),
    };
    let encoded = utf8_percent_encode(&shown, IN_PATH).to_string();
    // A colon in the first step would read as a scheme.
    if shown.split('/').next().is_some_and(|first| first.contains(':')) { format!("./{encoded}") } else { encoded }
}

/// The URL of a place on a page.
pub(crate) fn of_anchor(page: &str, anchor: &str) -> String {
    format!("{page}#{}", utf8_percent_encode(anchor, IN_FRAGMENT))
}

/// What a canonical URL says of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Canonical {
    /// It is this page, in another form perhaps: `guide/install` for `guide/install.html`.
    Here(String),
    /// Another file of this site.
    Other(String),
    /// Nothing that can be told: another site, or a page that is not here.
    Unknown,
}

/// Looks a canonical URL up among the files of a site, which may be published below any path: of its steps so many of
/// the first are left out as are needed to find a file.
pub(crate) fn canonical(folder: &Path, file: &str, href: &str) -> Canonical {
    let base = Url::parse("https://site.invalid/").ok();
    let Some(url) = base.and_then(|base| base.join(href.trim()).ok()) else { return Canonical::Unknown };
    let path = percent_decode_str(url.path()).decode_utf8_lossy().into_owned();
    let path = path.trim_start_matches('/');
    let mut rest = path;
    loop {
        for form in forms(rest) {
            if form == file {
                return Canonical::Here(rest.to_owned());
            }
        }
        // The root is named by pages that have copied it from another; a mistake, not a statement.
        let is_root = rest.is_empty() || forms(rest).any(|form| form == "index.html");
        if !is_root && let Some(other) = forms(rest).find(|form| is_file(folder, form)) {
            return Canonical::Other(other);
        }
        match rest.split_once('/') {
            Some((_, after)) => rest = after,
            None => return Canonical::Unknown,
        }
    }
}

/// The files for which a server may show a path.
fn forms(path: &str) -> impl Iterator<Item = String> {
    let bare = path.trim_end_matches('/');
    let of_folder = if bare.is_empty() { "index.html".to_owned() } else { format!("{bare}/index.html") };
    [path.to_owned(), format!("{bare}.html"), of_folder].into_iter()
}

fn is_file(folder: &Path, relative: &str) -> bool {
    let relative = PathBuf::from(relative);
    let stays = relative.components().all(|step| matches!(step, Component::Normal(_)));
    stays && relative.components().next().is_some() && folder.join(relative).is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_the_urls_by_which_links_lead_to_them() {
        for (file, url) in [
            ("", "./"),
            ("index.html", "./"),
            ("guide/index.html", "guide/"),
            ("guide/install.html", "guide/install.html"),
            ("über uns.html", "%C3%BCber%20uns.html"),
            ("a#b?c%20.html", "a%23b%3Fc%2520.html"),
            ("c:d.html", "./c:d.html"),
        ] {
            assert_eq!(of_page(file), url);
            let base = Url::parse("https://a.b/sub/").unwrap();
            let joined = base.join(url).unwrap();
            let served = percent_decode_str(joined.path()).decode_utf8_lossy().into_owned();
            assert_eq!(served, format!("/sub/{}", file.trim_end_matches("index.html")));
        }
        assert_eq!(of_anchor("a.html", "größe \"x\""), "a.html#gr%C3%B6%C3%9Fe%20%22x%22");
    }

    #[test]
    fn a_canonical_url_is_this_page_another_one_or_none_that_is_known() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("v1")).unwrap();
        for file in ["index.html", "a.html", "v1/a.html"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let of = |file: &str, href: &str| canonical(folder.path(), file, href);
        assert_eq!(of("a.html", "https://x.org/docs/a.html"), Canonical::Here("a.html".into()));
        assert_eq!(of("a.html", "https://x.org/docs/a"), Canonical::Here("a".into()));
        assert_eq!(of("index.html", "https://x.org/docs/"), Canonical::Here(String::new()));
        assert_eq!(of("b/index.html", "/b/"), Canonical::Here("b/".into()));
        assert_eq!(of("v1/a.html", "https://x.org/a.html"), Canonical::Other("a.html".into()));
        assert_eq!(of("a.html", "https://x.org/"), Canonical::Unknown, "copied from the first page");
        assert_eq!(of("a.html", "https://x.org/elsewhere"), Canonical::Unknown);
        for hostile in ["../../../etc/passwd", "file:///etc/passwd", "https://", "\0", "//", "%2e%2e/%2e%2e/x"] {
            assert_eq!(of("a.html", hostile), Canonical::Unknown, "{hostile}");
        }
    }
}
