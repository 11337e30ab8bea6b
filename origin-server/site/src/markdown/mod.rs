//! Pages in Markdown: read as HTML, so that what is true of pages in HTML is true of them.
//!
//! | file | job |
//! | --- | --- |
//! | `front_matter` | what stands before the text |
//! | `anchors` | ids of headings as GitHub makes them |

mod anchors;
mod front_matter;

use std::borrow::Cow;
use std::path::Path;

use pulldown_cmark::{Options as Extensions, Parser, html::push_html};

use crate::html;
use crate::page::{Options, Outcome};
use crate::warnings::LeftOut;
use front_matter::FrontMatter;

/// Reads a page.
pub(crate) fn read(folder: &Path, file: &str, text: &str, options: &Options) -> Outcome {
    if html::is_not_found_page(file) {
        return Outcome::LeftOut(LeftOut::NotFoundPage);
    }
    let (front, body) = FrontMatter::split(text);
    let (left_out, given) = front.given();
    if let Some(left_out) = left_out {
        return Outcome::LeftOut(left_out);
    }
    let body = if file.ends_with(".mdx") { without_script(body) } else { Cow::Borrowed(body) };
    let extensions = Extensions::ENABLE_TABLES
        | Extensions::ENABLE_FOOTNOTES
        | Extensions::ENABLE_STRIKETHROUGH
        | Extensions::ENABLE_TASKLISTS
        | Extensions::ENABLE_HEADING_ATTRIBUTES
        | Extensions::ENABLE_DEFINITION_LIST;
    let events: Vec<_> = Parser::new_ext(&body, extensions).collect();
    let mut page = String::with_capacity(body.len() * 2);
    page.push_str("<main>");
    push_html(&mut page, anchors::with_ids(events).into_iter());
    page.push_str("</main>");
    html::read_given(folder, file, &page, options, given)
}

/// Without lines that only scripts read: imports and exports of MDX.
fn without_script(body: &str) -> Cow<'_, str> {
    let is_script = |line: &str| line.starts_with("import ") || line.starts_with("export ");
    let mut is_code = false;
    let mut kept = String::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        is_code ^= line.trim_start().starts_with("```");
        if is_code || !is_script(line) {
            kept.push_str(line);
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Page;
    use crate::warnings::Warning;

    fn page(file: &str, text: &str) -> Page {
        match read(Path::new("nowhere"), file, text, &Options::default()) {
            Outcome::Page(page) => page,
            Outcome::LeftOut(why) => panic!("{why}"),
        }
    }

    #[test]
    fn headings_are_anchors_as_github_makes_them() {
        let text = "Before.\n\n# The `title` & more\n\nLead.\n\n## Über uns!\n\nA *b* [c](d).\n\n## Über uns!\n\n\
                    | x | y |\n|---|---|\n| one | two |\n\n## Named {#own}\n\n```sh\nnpm i\n```\n";
        let page = page("guide/a.md", text);
        assert_eq!(page.title, "The title & more");
        let told: Vec<_> = page.sections.iter().map(|s| (s.url.as_str(), s.text.as_str())).collect();
        assert_eq!(
            told,
            [
                ("guide/a.md", "Before.\nLead."),
                ("guide/a.md#%C3%BCber-uns", "A b c."),
                ("guide/a.md#%C3%BCber-uns-1", "x y\none two"),
                ("guide/a.md#own", "npm i"),
            ]
        );
        assert!(page.warnings.is_empty(), "{:?}", page.warnings);
    }

    #[test]
    fn front_matter_says_title_language_place_and_facets() {
        let yaml = "---\ntitle: \"A: b\"\nlang: de-AT\npermalink: /guide/x/\ntags: [one, two]\nheadwater:\n  \
                    filters: { section: Guide }\n  sort: { date: 2026-01-31 }\n  meta: { image: a.png }\n---\ntext";
        let toml = "+++\ntitle = \"A: b\"\nlanguage = \"de\"\nurl = \"guide/x/\"\ntags = [\"one\", \"two\"]\n\
                    [headwater]\nfilters = { section = [\"Guide\"] }\nsort = { date = 2026-01-31 }\n\
                    meta = { image = \"a.png\" }\n+++\ntext";
        for text in [yaml, toml] {
            let page = page("x.md", text);
            assert_eq!(
                (page.title.as_str(), page.lang.as_deref(), page.url.as_str()),
                ("A: b", Some("de"), "guide/x/")
            );
            assert_eq!(page.filters["tags"], ["one", "two"], "{text}");
            assert_eq!(page.filters["section"], ["Guide"]);
            assert_eq!((page.sorts["date"].as_str(), page.meta["image"].as_str()), ("2026-01-31", "a.png"));
        }
    }

    #[test]
    fn drafts_and_what_is_ignored_are_left_out_and_bad_front_matter_is_told() {
        for (text, why) in [
            ("---\ndraft: true\n---\nx", LeftOut::Draft),
            ("---\npublished: false\n---\nx", LeftOut::Draft),
            ("---\nheadwater: { ignore: true }\n---\nx", LeftOut::Ignored),
            ("---\nheadwater: false\n---\nx", LeftOut::Ignored),
            ("---\npagefind: false\n---\nx", LeftOut::Ignored),
            ("---\nsearch: { exclude: true }\n---\nx", LeftOut::Ignored),
            ("", LeftOut::Empty),
        ] {
            assert_eq!(read(Path::new("."), "a.md", text, &Options::default()), Outcome::LeftOut(why), "{text}");
        }
        for bad in ["---\n{ a: [\n---\nx", "---\n- 1\n---\nx", "+++\na = \n+++\nx"] {
            let page = page("a.md", bad);
            assert!(page.warnings.iter().any(|w| matches!(w, Warning::FrontMatter(_))), "{bad}: {:?}", page.warnings);
            assert_eq!(page.sections[0].text, "x");
        }
        assert_eq!(page("a.md", "---\n\nA rule, not front matter").sections[0].text, "A rule, not front matter");
    }

    #[test]
    fn scripts_of_mdx_are_not_text() {
        let page =
            page("a.mdx", "import X from 'x'\nexport const y = 1\n\n# T\n\n<X>inside</X>\n\n```js\nimport a\n```\n");
        assert_eq!(page.sections[0].text, "inside\nimport a");
    }
}
