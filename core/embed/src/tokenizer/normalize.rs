//! Rules that rewrite a text before it is split.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::DOCUMENT;
use super::charsmap::Charsmap;
use super::forms::{Form, Forms};
use super::pattern::Pattern;
use super::unicode::{is_ideograph, is_mark, is_nonspacing_mark, is_other};
use super::{byte_level, invalid, unsupported};
use crate::error::Result;
use crate::json::Fields;
use crate::limits::{MAX_NORMALIZED_BYTES, MAX_TOKEN_BYTES, MAX_TOKENIZER_STEPS};
use crate::promised::Promised as _;

/// The rules in their order.
pub(super) struct Normalizer {
    rules: Vec<Rule>,
    forms: Forms,
}

enum Rule {
    Bert(Bert),
    Lowercase,
    Form(Form),
    Nmt,
    StripAccents,
    Strip { left: bool, right: bool },
    Replace { pattern: Pattern, content: String },
    Prepend(String),
    Charsmap(Charsmap),
    ByteLevel,
}

impl Normalizer {
    pub(super) fn build(json: Option<Fields<'_>>) -> Result<Self> {
        let mut rules = Vec::new();
        if let Some(json) = json {
            collect(json, &mut rules)?;
        }
        let needed = rules.iter().any(|rule| match rule {
            Rule::Form(_) => true,
            Rule::Bert(bert) => bert.strip_accents,
            _ => false,
        });
        let forms = if needed { Forms::unfold() } else { Forms::default() };
        Ok(Self { rules, forms })
    }

    /// The text as its rules rewrite it, at most [`MAX_NORMALIZED_BYTES`] of it.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for rule in &self.rules {
            let mut rewritten = rule.apply(&text, &self.forms);
            rewritten.truncate(rewritten.floor_char_boundary(MAX_NORMALIZED_BYTES));
            text = Cow::Owned(rewritten);
        }
        text.into_owned()
    }
}

/// Appends the rules of a normalizer; a sequence is its parts. The depth is that of the JSON, which
/// its parser limits.
fn collect(json: Fields<'_>, rules: &mut Vec<Rule>) -> Result<()> {
    if json.required("type", Fields::text)? == "Sequence" {
        return json
            .list("normalizers")?
            .unwrap_or_default()
            .iter()
            .try_for_each(|part| collect(DOCUMENT.object(part)?, rules));
    }
    if rules.len() >= MAX_TOKENIZER_STEPS {
        return Err(invalid(format_args!("more than {MAX_TOKENIZER_STEPS} normalizers")));
    }
    rules.push(Rule::build(json)?);
    Ok(())
}

impl Rule {
    fn build(json: Fields<'_>) -> Result<Self> {
        let flag = |name| -> Result<bool> { Ok(json.flag(name)?.unwrap_or(true)) };
        let form = |compatible, composed| Self::Form(Form { compatible, composed });
        Ok(match json.required("type", Fields::text)? {
            "BertNormalizer" => {
                let lowercase = flag("lowercase")?;
                Self::Bert(Bert {
                    clean: flag("clean_text")?,
                    space_ideographs: flag("handle_chinese_chars")?,
                    strip_accents: json.flag("strip_accents")?.unwrap_or(lowercase),
                    lowercase,
                })
            }
            "Lowercase" => Self::Lowercase,
            "NFC" => form(false, true),
            "NFD" => form(false, false),
            "NFKC" => form(true, true),
            "NFKD" => form(true, false),
            "Nmt" => Self::Nmt,
            "StripAccents" => Self::StripAccents,
            "Strip" => Self::Strip { left: flag("strip_left")?, right: flag("strip_right")? },
            "Replace" => Self::Replace { pattern: Pattern::build(json)?, content: inserted(json, "content")? },
            "Prepend" => Self::Prepend(inserted(json, "prepend")?),
            "Precompiled" => Self::Charsmap(Charsmap::parse(json.text("precompiled_charsmap")?.unwrap_or_default())?),
            "ByteLevel" => Self::ByteLevel,
            other => return Err(unsupported(format_args!("normalizer {other:?}"))),
        })
    }

    fn apply(&self, text: &str, forms: &Forms) -> String {
        match self {
            Self::Bert(bert) => bert.apply(text, forms),
            Self::Lowercase => text.chars().flat_map(char::to_lowercase).collect(),
            Self::Form(form) => forms.apply(*form, text),
            Self::Nmt => text.chars().filter_map(nmt).collect(),
            Self::StripAccents => text.chars().filter(|c| !is_mark(*c)).collect(),
            Self::Strip { left, right } => {
                let text = if *left { text.trim_start() } else { text };
                if *right { text.trim_end() } else { text }.to_string()
            }
            Self::Replace { pattern, content } => replace(text, pattern, content),
            Self::Prepend(prefix) if text.is_empty() => String::with_capacity(prefix.len()),
            Self::Prepend(prefix) => [prefix.as_str(), text].concat(),
            Self::Charsmap(charsmap) => charsmap.apply(text),
            Self::ByteLevel => byte_level::spell(text),
        }
    }
}

fn inserted(json: Fields<'_>, name: &str) -> Result<String> {
    match json.text(name)? {
        Some(content) if content.len() <= MAX_TOKEN_BYTES => Ok(content.into()),
        Some(_) => Err(invalid(format_args!("a normalizer inserts more than {MAX_TOKEN_BYTES} bytes"))),
        None => Err(invalid("a normalizer does not say what it inserts")),
    }
}

fn replace(text: &str, pattern: &Pattern, content: &str) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut done = 0;
    while rewritten.len() <= MAX_NORMALIZED_BYTES
        && let Some(found) = pattern.find(text, done)
    {
        rewritten.push_str(text.get(done..found.start).promised());
        rewritten.push_str(content);
        done = found.end;
    }
    rewritten.push_str(text.get(done..).promised());
    rewritten
}

/// SentencePiece's NMT rule: without controls, with plain spaces.
fn nmt(c: char) -> Option<char> {
    match c {
        '\u{1}'..='\u{8}' | '\u{B}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{8F}' | '\u{9F}' => None,
        '\t'
        | '\n'
        | '\u{C}'
        | '\r'
        | '\u{1680}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2581}'
        | '\u{FEFF}'
        | '\u{FFFD}' => Some(' '),
        _ => Some(c),
    }
}

/// BERT's rules, all in one pass.
struct Bert {
    clean: bool,
    space_ideographs: bool,
    strip_accents: bool,
    lowercase: bool,
}

impl Bert {
    /// ASCII needs no tables and no composition, and a mark never changes the ASCII letter before
    /// it: so the text is taken as runs of ASCII and runs of the rest.
    fn apply(&self, text: &str, forms: &Forms) -> String {
        let mut rewritten = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while !rest.is_empty() {
            let ascii = rest.bytes().position(|b| !b.is_ascii()).unwrap_or(rest.len());
            let (run, after) = rest.split_at_checked(ascii).unwrap_or((rest, ""));
            rewritten.extend(run.chars().filter_map(|c| self.ascii(c)));
            let other = after.bytes().position(|b| b.is_ascii()).unwrap_or(after.len());
            let (run, after) = after.split_at_checked(other).unwrap_or((after, ""));
            self.push_run(run, forms, &mut rewritten);
            rest = after;
        }
        rewritten
    }

    fn ascii(&self, c: char) -> Option<char> {
        match c {
            '\t' | '\n' | '\r' if self.clean => Some(' '),
            _ if self.clean && c.is_ascii_control() => None,
            _ if self.lowercase => Some(c.to_ascii_lowercase()),
            _ => Some(c),
        }
    }

    fn push_run(&self, run: &str, forms: &Forms, rewritten: &mut String) {
        if run.is_empty() {
            return;
        }
        let mut cleaned = String::with_capacity(run.len());
        for c in run.chars() {
            if self.clean && (c == char::REPLACEMENT_CHARACTER || is_other(c)) {
                continue;
            }
            let space = self.space_ideographs && is_ideograph(c);
            if space {
                cleaned.push(' ');
            }
            cleaned.push(if self.clean && c.is_whitespace() { ' ' } else { c });
            if space {
                cleaned.push(' ');
            }
        }
        if self.strip_accents {
            cleaned = forms.apply(Form::NFD, &cleaned);
            cleaned.retain(|c| !is_nonspacing_mark(c));
        }
        if self.lowercase {
            rewritten.extend(cleaned.chars().flat_map(char::to_lowercase));
        } else {
            rewritten.push_str(&cleaned);
        }
    }
}
