//! Kinds of characters that folding tells apart, and the few compositions that it needs.

use core::ops::Range;

use crate::COMPLETE;

/// Marks that are dropped: accents and points of Latin, Greek, Cyrillic, Hebrew, Arabic and Syriac, voicing
/// marks of kana that found no kana, and marks around symbols.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}'
        | '\u{5C4}' | '\u{5C5}' | '\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{670}'
        | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}' | '\u{6E7}' | '\u{6E8}' | '\u{6EA}'..='\u{6ED}'
        | '\u{711}' | '\u{730}'..='\u{74A}' | '\u{897}'..='\u{89F}' | '\u{8CA}'..='\u{8E1}' | '\u{8E3}'..='\u{8FF}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{2CEF}'..='\u{2CF1}'
        | '\u{2DE0}'..='\u{2DFF}' | '\u{3099}' | '\u{309A}' | '\u{A66F}'..='\u{A672}' | '\u{A674}'..='\u{A67D}'
        | '\u{FE20}'..='\u{FE2F}')
}

/// Characters that show nothing, or only change how another is shown: soft hyphen, Arabic's lengthening,
/// joiners, directions, variation selectors, skin tones. And what is no letter of a word but stands in some: the point
/// of Catalan's l·l, the quotation marks of Hebrew abbreviations, the marks that Armenian sets over what is asked.
/// [`COMPLETE`] is none of a text's.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        COMPLETE | '"' | '\u{AD}' | '\u{B7}' | '\u{387}' | '\u{55B}' | '\u{55C}' | '\u{55E}' | '\u{5F4}' | '\u{61C}' | '\u{640}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0100}'..='\u{E01EF}')
}

/// What keyboards give for an apostrophe, and what stands for one in transliterations: quotation marks, accents and
/// primes that stand alone, the modifier letters of Hawaiian, Ukrainian and Arabic names, geresh, saltillo.
pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '\u{B4}' | '\u{2B9}'
            ..='\u{2BF}'
                | '\u{2C8}'
                | '\u{2CA}'
                | '\u{2CB}'
                | '\u{2EE}'
                | '\u{374}'
                | '\u{55A}'
                | '\u{5F3}'
                | '\u{1FBD}'
                | '\u{1FBF}'
                | '\u{1FEF}'
                | '\u{1FFD}'
                | '\u{2018}'
                | '\u{2019}'
                | '\u{201B}'
                | '\u{2032}'
                | '\u{2035}'
                | '\u{A78B}'
                | '\u{A78C}'
                | '\u{FF07}'
                | '\u{FF40}'
    )
}

/// Letters that keep their mark when folded.
pub(super) fn is_kept(c: char) -> bool {
    matches!(c, 'й' | 'ў' | 'ї' | 'ѓ' | 'ќ' | '\u{3041}'..='\u{3096}' | '\u{309D}' | '\u{309E}')
}

/// Lower case of the letters that stemmers know and of those that keep their mark, and of their neighbours. All others
/// fold by the table.
pub(super) fn lower_case(c: char) -> char {
    let code = u32::from(c);
    let lower = match c {
        '\u{D7}' => return c,
        'A'..='Z' | '\u{C0}'..='\u{DE}' | '\u{410}'..='\u{42F}' => code + 0x20,
        '\u{400}'..='\u{40F}' => code + 0x50,
        '\u{130}' => return c,
        '\u{100}'..='\u{137}' | '\u{14A}'..='\u{177}' | '\u{200}'..='\u{21F}' => code | 1,
        'ẞ' => return 'ß',
        // The sign of the ångström is the letter.
        '\u{212B}' => return 'å',
        _ => return c,
    };
    char::from_u32(lower).unwrap_or(c)
}

/// The hiragana of a katakana: they stand as far from each other as their blocks do.
pub(super) fn hiragana(c: char) -> char {
    match c {
        '\u{30A1}'..='\u{30F6}' | '\u{30FD}' | '\u{30FE}' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

/// The letter of a stemmer, or one that is kept, that consists of these two.
pub(super) fn compose(base: char, mark: char) -> Option<char> {
    let pairs = match mark {
        '\u{300}' => "aàeèiìoòuù",
        '\u{301}' => "aáeéiíoóuúгѓкќ",
        '\u{302}' => "aâeêiîoôuû",
        '\u{303}' => "aãoõ",
        '\u{306}' => "aăgğийуў",
        '\u{307}' => return (base == 'ı').then_some('i'),
        '\u{308}' => "aäeëiïoöuüеёії",
        '\u{30A}' => "aå",
        '\u{30B}' => "oőuű",
        '\u{326}' => "sștț",
        '\u{327}' => "cçsştţ",
        '\u{3099}' => "うゔかがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとどはばひびふぶへべほぼゝゞ",
        '\u{309A}' => "はぱひぴふぷへぺほぽ",
        _ => return None,
    };
    second_of_pair(pairs, base)
}

fn second_of_pair(pairs: &str, first: char) -> Option<char> {
    let mut pairs = pairs.chars();
    while let (Some(one), Some(other)) = (pairs.next(), pairs.next()) {
        if one == first {
            return Some(other);
        }
    }
    None
}

/// The conjoining letters of a syllable of Hangul: lead, vowel, and tail if it has one.
pub(super) fn decompose_hangul(c: char) -> Option<[Option<char>; 3]> {
    const SYLLABLES: Range<u32> = 0xAC00..0xD7A4;
    const LEADS: u32 = 0x1100;
    const VOWELS: Range<u32> = 0x1161..0x1176;
    /// The one before the first: for none.
    const TAILS: Range<u32> = 0x11A7..0x11C3;
    let code = u32::from(c);
    if !SYLLABLES.contains(&code) {
        return None;
    }
    let index = code - SYLLABLES.start;
    let (tails, vowels) = (TAILS.end - TAILS.start, VOWELS.end - VOWELS.start);
    let tail = index % tails;
    Some([
        char::from_u32(LEADS + index / tails / vowels),
        char::from_u32(VOWELS.start + index / tails % vowels),
        char::from_u32(TAILS.start + tail).filter(|_| tail > 0),
    ])
}
