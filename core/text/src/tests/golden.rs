//! Every token is part of the format: texts in many scripts and their tokens, kept in a file for each version of the
//! analysis.
//!
//! A difference is a fault, or takes a new [`ANALYSIS_VERSION`]: then `HEADWATER_BLESS=1` writes the file that is not
//! there yet.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use crate::{ANALYSIS_VERSION, Analyzer, COMPLETE, Kind, Language, Token, stop_words};

const TEXTS: &[(Language, &[&str])] = &[
    (
        Language::Unstemmed,
        &[
            "performed.Parameters node.js we23.exe jane.doe@example.com key:value wi-fi file_name XYZ-123 https://a.example/b?c=d",
            "3.14 1,000 1.10.2 v1.10.2 USB3.0 10.5kg 2024-05-01 12:30 1’000 1\u{202F}000 ٣٫١٤ ½ x² Ⅷ ①",
            "O'Brien O’Brien O´Brien O`Brien Hawaiʻi Qurʾān rock'n'roll п'ять ג׳ירפה צה״ל l'homme U.S.A. C++ a·b col·lecció",
            "Café CAFE cafe\u{301} Straße GROẞ Æther Łódź Đorđe İstanbul ısı Ｆｕｌｌ ﬁn co\u{AD}op Z̷̢̛͇a̶l̸g̵o̶",
            "ΟΔΥΣΣΕΥΣ Ὀδυσσεύς Ёлка Йод Ўзбек Її ѓ Ґанок",
            "کتاب كتاب تبریز تبريز آب أحمد ٱلله مدرسة على مُحَمَّد محمـــد می\u{200C}خواهم گچپژ ٢٠٢٦ ۱۴۰۵ ﷲ بھائی",
            "שָׁלוֹם מלך हिन्दी २०२६ বাংলা தமிழ் മലയാളം ൻ ಕನ್ನಡ తెలుగు ગુજરાતી ਪੰਜਾਬੀ සිංහල ქართული ᲥᲐᲠᲗᲣᲚᲘ Հայերեն አማርኛ ᏣᎳᎩ བོད་ཡིག ᠮᠣᠩᠭᠣᠯ",
            "ภาษาไทย น้ำ ๑๒ ພາສາລາວ ភាសាខ្មែរ မြန်မာဘာသာ တက္က ၁၂",
            "京都に行く 東京都 水 東京灣 國學院大學 髙橋 山﨑 神社 ⽇本 人々 汉字 臺灣 2026年 ㍻ ㌔",
            "リンゴ りんご ﾘﾝｺﾞ ラーメン らーめん きゃく ヴァ ヷ コーヒーを飲む ゟ",
            "서울 서울에서는 학교를 사람들에게 고양이 가을 회의 AI는 2024년에 값 과 ㅅ 서우 \u{1109}\u{1165} ㄳ ﾡ 漢字를",
            "😀😃 👩‍👩‍👧 🇩🇪🇫🇷 ❤️ 👍🏽 1️⃣ © ™ a\0b\u{FFFD}\u{E000}\u{1}c",
            "𝐁𝐨𝐥𝐝 Ⓐⓑ 🄰 ⒜ 𐐀𐐨 𞤀𞤢 ꙀꙁꟖ 𑒐 𓀀 ꀀ 𗀀",
        ],
    ),
    (
        Language::English,
        &[
            "The Houses of São-Paulo's connected connections, don't JAMES' John’s it's résumé running users는 서울에서 京都",
        ],
    ),
    (Language::German, &["Die Häuser am See, größere GRÖSSE Straße Ha\u{308}user Übergänge lief’s"]),
    (Language::French, &["L'homme qu’il aujourd'hui, d´Été étudiantes ÉCOLE Ế l'\u{301}ami"]),
    (Language::Spanish, &["Las canciones del niño, pingüino CANCIÓN"]),
    (Language::Italian, &["Un'amica dell’arte, la città e le città più belle"]),
    (Language::Portuguese, &["Os meninos não são irmãos; avó e avô"]),
    (Language::Dutch, &["De huizen en het huis, coöperatie zo'n"]),
    (Language::Swedish, &["Flickorna och flickor, från ÅRHUS EU:n"]),
    (Language::Russian, &["Книги книга о Ёлках и ёлки, КНИГАМ й"]),
];

/// `form`, `~term` where that is another one, `*` for a stop word, the kind where it is no word, `@` and the position
/// where it does not follow the one before.
fn written(text: &str, analyzer: &Analyzer) -> String {
    let (mut line, mut next) = (String::new(), 0);
    analyzer.analyze(text, |token| {
        write!(line, " {}", token.form.replace(COMPLETE, "$")).unwrap();
        if token.term != token.form {
            write!(line, "~{}", token.term).unwrap();
        }
        line.push_str(if token.is_stop { "*" } else { "" });
        line.push_str(match token.kind {
            Kind::Word => "",
            Kind::Pair => "/pair",
            Kind::Tail => "/tail",
            Kind::Single => "/single",
            Kind::Symbol => "/symbol",
        });
        if token.position != next {
            write!(line, "@{}", token.position).unwrap();
        }
        next = token.position + 1;
    });
    line
}

/// One number for the tokens of all texts (FNV-1a).
struct Digest(u64);

impl Digest {
    fn add(&mut self, token: &Token<'_>) {
        let bytes = token.form.bytes().chain([0xFF]).chain(token.term.bytes());
        for byte in bytes.chain([0xFF, token.position as u8, token.kind as u8, token.is_stop.into()]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }

    fn of<'t>(analyzer: &Analyzer, texts: impl Iterator<Item = impl AsRef<str> + 't>) -> String {
        let mut digest = Self(0xCBF2_9CE4_8422_2325);
        for text in texts {
            analyzer.analyze(text.as_ref(), |token| digest.add(&token));
        }
        format!("{:016x}", digest.0)
    }
}

fn all_written() -> String {
    let mut out = String::new();
    for (language, texts) in TEXTS {
        let analyzer = Analyzer::new(*language, true);
        for text in *texts {
            writeln!(out, "{}: {}\n{}\n", language.as_str(), text.escape_debug(), written(text, &analyzer)).unwrap();
        }
    }
    for (language, _) in TEXTS {
        let analyzer = Analyzer::new(*language, true);
        let letters = ('A'..='z').chain('\u{C0}'..='\u{24F}').chain('\u{370}'..='\u{52F}');
        let pairs = letters.map(|c| format!("ab{c}{c}ing {c}'ns x{c}s"));
        writeln!(out, "{}: letters {}", language.as_str(), Digest::of(&analyzer, pairs)).unwrap();
        let stops = stop_words::list(*language).split(' ');
        writeln!(out, "{}: stop words {}", language.as_str(), Digest::of(&analyzer, stops)).unwrap();
    }
    let analyzer = Analyzer::new(Language::Unstemmed, false);
    let every = ('\0'..=char::MAX).map(|c| format!("{c} a{c}1"));
    writeln!(out, "none: every character {}", Digest::of(&analyzer, every)).unwrap();
    out
}

#[test]
fn no_token_changes_without_a_new_version() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{ANALYSIS_VERSION}.txt"));
    let written = all_written();
    if env::var_os("HEADWATER_BLESS").is_some() && !path.exists() {
        fs::write(&path, &written).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    for (now, then) in written.lines().zip(kept.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(written, kept);
}
