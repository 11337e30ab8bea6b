//! What is done to the words of a language beyond folding.
//!
//! | of a language | used for |
//! | --- | --- |
//! | stemmer | the term of a word: "houses" and "house" are one |
//! | letters | accented letters that the stemmer knows; it sees them, all others are folded before it |
//! | elided words | "l'homme" is found as "homme" |
//! | stop words | `stop_words.rs` |

use frostem::{Algorithm, Stemmer};
use headwater_model::model::Language;
use headwater_model::model::Language::{
    Danish, Dutch, English, Finnish, French, German, Hungarian, Italian, Norwegian, Portuguese, Romanian, Russian,
    Spanish, Swedish, Turkish, Unstemmed,
};

pub(super) fn stemmer(language: Language) -> Option<Stemmer> {
    let algorithm = match language {
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
pub(super) const fn letters(language: Language) -> &'static str {
    match language {
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
pub(super) const fn elided(language: Language) -> &'static str {
    match language {
        French => "l d j m t s n c qu jusqu lorsqu puisqu quoiqu",
        Italian => {
            "l un d c m t s v gl all dall dell nell sull coll pell agl dagl degl negl sugl quell quest bell sant"
        }
        _ => "",
    }
}
