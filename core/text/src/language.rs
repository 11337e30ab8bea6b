//! In which language a text is written: what is done to its words beyond folding.
//!
//! | of a language | used for |
//! | --- | --- |
//! | stemmer | the term of a word: "houses" and "house" are one |
//! | letters | accented letters that the stemmer knows; it sees them, all others are folded before it |
//! | elided words | "l'homme" is found as "homme" |
//! | stop words | `stop_words.rs` |

use frostem::{Algorithm, Stemmer};

/// The language of a text field, declared by its ISO 639-1 code.
///
/// Which ones a build has is decided by feature `more-languages`, because every stemmer is up to 3 KB of what a
/// browser downloads. All variants exist in every build; [`Language::parse`] refuses those without a stemmer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Unknown or mixed: words are folded and not stemmed.
    #[default]
    Unstemmed,
    /// English.
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Italian.
    Italian,
    /// Portuguese.
    Portuguese,
    /// Dutch.
    Dutch,
    /// Swedish.
    Swedish,
    /// Russian.
    Russian,
    /// Danish, with feature `more-languages`.
    Danish,
    /// Norwegian (Bokmål), with feature `more-languages`.
    Norwegian,
    /// Finnish, with feature `more-languages`.
    Finnish,
    /// Hungarian, with feature `more-languages`.
    Hungarian,
    /// Romanian, with feature `more-languages`.
    Romanian,
    /// Turkish, with feature `more-languages`.
    Turkish,
}

use Language::{
    Danish, Dutch, English, Finnish, French, German, Hungarian, Italian, Norwegian, Portuguese, Romanian, Russian,
    Spanish, Swedish, Turkish, Unstemmed,
};

impl Language {
    /// The languages of every build, whatever its features: what replicas know as this repository builds them.
    pub const EVERYWHERE: &[Self] =
        &[Unstemmed, English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Russian];

    /// The languages of this build.
    pub const ALL: &[Self] = if cfg!(feature = "more-languages") {
        &[
            Unstemmed, English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Russian, Danish,
            Norwegian, Finnish, Hungarian, Romanian, Turkish,
        ]
    } else {
        Self::EVERYWHERE
    };

    /// Reads a code as [`Language::as_str`] writes it; none when this build has no such language.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|language| language.as_str() == code)
    }

    /// The code: `en`, or `none`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Unstemmed => "none",
            English => "en",
            German => "de",
            French => "fr",
            Spanish => "es",
            Italian => "it",
            Portuguese => "pt",
            Dutch => "nl",
            Swedish => "sv",
            Russian => "ru",
            Danish => "da",
            Norwegian => "no",
            Finnish => "fi",
            Hungarian => "hu",
            Romanian => "ro",
            Turkish => "tr",
        }
    }

    pub(super) fn stemmer(self) -> Option<Stemmer> {
        let algorithm = match self {
            English => Algorithm::English,
            German => Algorithm::German,
            French => Algorithm::French,
            Spanish => Algorithm::Spanish,
            Italian => Algorithm::Italian,
            Portuguese => Algorithm::Portuguese,
            Dutch => Algorithm::Dutch,
            Swedish => Algorithm::Swedish,
            Russian => Algorithm::Russian,
            #[cfg(feature = "more-languages")]
            Danish => Algorithm::Danish,
            #[cfg(feature = "more-languages")]
            Norwegian => Algorithm::Norwegian,
            #[cfg(feature = "more-languages")]
            Finnish => Algorithm::Finnish,
            #[cfg(feature = "more-languages")]
            Hungarian => Algorithm::Hungarian,
            #[cfg(feature = "more-languages")]
            Romanian => Algorithm::Romanian,
            #[cfg(feature = "more-languages")]
            Turkish => Algorithm::Turkish,
            _ => return None,
        };
        Some(Stemmer::new(algorithm))
    }

    /// The letters above ASCII that the stemmer's rules name and that folding would change.
    pub(super) const fn letters(self) -> &'static str {
        match self {
            Unstemmed | English => "",
            German => "ßäöü",
            French => "àâçèéêëîïôùû",
            Spanish => "áéíóúü",
            Italian => "àáèéìíòóùú",
            Portuguese => "áâãçéêíóôõú",
            Dutch => "àáâäèéêëìíîïòóôöùúûü",
            Swedish => "äåö",
            Russian => "ё",
            Danish => "åæø",
            Norwegian => "åæêòóôø",
            Finnish => "äöø",
            Hungarian => "áéíóöúüőű",
            Romanian => "âîăşţșț",
            Turkish => "çöüğış",
        }
    }

    /// Words that lose their vowel, and with it their space, before a vowel: folded, between spaces.
    pub(super) const fn elided(self) -> &'static str {
        match self {
            French => "l d j m t s n c qu jusqu lorsqu puisqu quoiqu",
            Italian => {
                "l un d c m t s v gl all dall dell nell sull coll pell agl dagl degl negl sugl quell quest bell sant"
            }
            _ => "",
        }
    }
}
