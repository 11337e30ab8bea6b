//! `search.js`: what a page loads, with the key that its visitors trust.

use serde_json::Value;

/// The file's name in the output.
pub(super) const LOADER: &str = "search.js";
/// How it begins: by this the output is known for one of this command.
pub(super) const SIGN: &str = "// Made by `headwater build`";

/// An index that a page may search.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) lang: String,
    pub(super) name: String,
    pub(super) trust: String,
    pub(super) pages: u64,
}

/// The loader of a site.
pub(super) fn of_site(to_site: &str, indexes: &[Listed], facets: &[String]) -> String {
    let rows: Vec<String> = indexes
        .iter()
        .map(|Listed { lang, name, trust, pages }| {
            format!(
                "    {{ lang: {}, url: new URL({}, import.meta.url), trust: {}, pages: {pages} }},\n",
                script(lang),
                script(&format!("./{name}/")),
                script(trust)
            )
        })
        .collect();
    let facets: Vec<String> = facets
        .iter()
        .map(|field| format!("{{ field: {}, label: {} }}", script(field), script(&label(field))))
        .collect();
    format!(
        "{SIGN}, which replaces it.\nimport {{ defineSearch }} from \"./runtime/search-box.js\";\n\ndefineSearch({{\n  \
         site: new URL({}, import.meta.url),\n  indexes: [\n{}  ],\n  facets: [{}],\n}});\n",
        script(to_site),
        rows.concat(),
        facets.join(", ")
    )
}

/// The loader of data: `open()` gives a replica of it.
pub(super) fn of_data(name: &str, trust: &str) -> String {
    format!(
        "{SIGN}, which replaces it.\nimport {{ open as openReplica }} from \"./runtime/browser.js\";\n\n\
         export const open = (options) =>\n  openReplica(new URL({}, import.meta.url), {{ trust: {}, ...options }});\n",
        script(&format!("./{name}/")),
        script(trust)
    )
}

/// A text as a script has it, also within HTML.
fn script(text: &str) -> String {
    Value::from(text).to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// `last-updated` reads as `Last updated`.
fn label(field: &str) -> String {
    let words = field.replace(['-', '_'], " ");
    let words = words.trim();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loader_is_a_script_whatever_the_names_are() {
        let listed = Listed { lang: "en".into(), name: "en".into(), trust: "ed25519:ab".into(), pages: 3 };
        let text = of_site("../", &[listed], &["last-updated".into(), "</script>\"".into()]);
        assert!(text.starts_with(SIGN));
        for part in [
            "import { defineSearch } from \"./runtime/search-box.js\";",
            "site: new URL(\"../\", import.meta.url)",
            "{ lang: \"en\", url: new URL(\"./en/\", import.meta.url), trust: \"ed25519:ab\", pages: 3 }",
            "{ field: \"last-updated\", label: \"Last updated\" }",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains("</script>") && text.contains("\\u003c/script>\\\""));
    }
}
