//! Which languages of texts a server takes.

use headwater_core::error::Result;
use headwater_core::model::{Language, Schema, unknown_language};

/// Fails for languages that this server was not built for. Those of the text analysis are no measure: whatever else
/// is built beside a server may switch more of them on, and replicas would not know them.
pub(crate) fn check(schema: &Schema) -> Result<()> {
    if cfg!(feature = "more-languages") {
        return Ok(());
    }
    let mut languages = schema.text.values().map(|field| field.language);
    match languages.find(|language| !Language::EVERYWHERE.contains(language)) {
        Some(other) => Err(unknown_language(other.as_str(), Language::EVERYWHERE)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use headwater_core::error::Code;
    use headwater_core::model::{ByName, TextField};

    use super::*;

    /// Whatever the text analysis of this build knows.
    #[test]
    fn a_language_that_replicas_do_not_know_is_refused() {
        let schema = |language| Schema {
            text: ByName::from([("body".to_owned(), TextField { language, ..TextField::default() })]),
            ..Schema::default()
        };
        for language in Language::EVERYWHERE {
            check(&schema(*language)).unwrap();
        }
        let outcome = check(&schema(Language::Danish));
        if cfg!(feature = "more-languages") {
            outcome.unwrap();
        } else {
            let error = outcome.unwrap_err();
            assert_eq!(error.code(), Code::InvalidSchema);
            assert!(
                error.message().contains("\"da\" is not a language") && error.message().contains("none, en, de"),
                "{error}"
            );
        }
    }
}
