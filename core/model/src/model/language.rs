//! In which language a text is written.

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
}
