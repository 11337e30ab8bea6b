//! Kinds of characters that folding tells apart, and the few compositions that it needs.

use core::ops::Range;

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
/// joiners, directions, variation selectors, skin tones.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{640}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0100}'..='\u{E01EF}')
}

/// Letters that keep their mark when folded.
pub(super) fn is_kept(c: char) -> bool {
    matches!(c,
        'й' | 'ў' | 'ї' | 'ѓ' | 'ќ' | '\u{3041}'..='\u{3096}' | '\u{309D}' | '\u{309E}' | '\u{30A1}'..='\u{30F6}'
        | '\u{30FC}'..='\u{30FE}')
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
        '\u{3099}' => {
            return compose_kana(
                base,
                "うゔかがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとどはばひびふぶへべほぼゝゞ",
            );
        }
        '\u{309A}' => return compose_kana(base, "はぱひぴふぷへぺほぽ"),
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

/// Katakana stand as far from each other as hiragana.
fn compose_kana(base: char, hiragana: &str) -> Option<char> {
    const KATAKANA: Range<u32> = 0x30A1..0x30FF;
    const SHIFT: u32 = 0x60;
    let code = u32::from(base);
    if KATAKANA.contains(&code) {
        let composed = second_of_pair(hiragana, char::from_u32(code - SHIFT)?)?;
        return char::from_u32(u32::from(composed) + SHIFT);
    }
    second_of_pair(hiragana, base)
}

/// The syllable of a lead and a vowel, or of a syllable and a tail.
pub(super) fn compose_hangul(first: char, second: char) -> Option<char> {
    const SYLLABLES: Range<u32> = 0xAC00..0xD7A4;
    const LEADS: Range<u32> = 0x1100..0x1113;
    const VOWELS: Range<u32> = 0x1161..0x1176;
    const TAILS: Range<u32> = 0x11A8..0x11C3;
    let (a, b) = (u32::from(first), u32::from(second));
    let with_tails = TAILS.end - TAILS.start + 1;
    if LEADS.contains(&a) && VOWELS.contains(&b) {
        let pair = (a - LEADS.start) * (VOWELS.end - VOWELS.start) + (b - VOWELS.start);
        return char::from_u32(SYLLABLES.start + pair * with_tails);
    }
    if SYLLABLES.contains(&a) && (a - SYLLABLES.start).is_multiple_of(with_tails) && TAILS.contains(&b) {
        return char::from_u32(a + (b - TAILS.start) + 1);
    }
    None
}
