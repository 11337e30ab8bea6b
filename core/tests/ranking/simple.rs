//! Texts in the simple syntax: docs/ranking.md, "The simple syntax".

/// A piece of a text in the simple syntax.
pub(crate) enum Part {
    Words(String),
    Phrase(String),
    Excluded { phrase: String, chars: usize },
}

impl Part {
    /// What of it ranks, as long as it is.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Words(words) => words.clone(),
            Self::Phrase(phrase) => format!("\"{phrase}\""),
            Self::Excluded { chars, .. } => " ".repeat(*chars),
        }
    }
}

/// Takes a text in the simple syntax apart.
pub(crate) fn simple(text: &str) -> Vec<Part> {
    let chars: Vec<char> = text.chars().collect();
    let (mut parts, mut at) = (Vec::new(), 0);
    let string = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
    while at < chars.len() {
        let is_minus = chars[at] == '-' && (at == 0 || chars[at - 1].is_whitespace());
        let from = at + usize::from(is_minus);
        let quoted =
            (chars.get(from) == Some(&'"')).then(|| (from + 1..chars.len()).find(|&end| chars[end] == '"')).flatten();
        let space = (from..chars.len()).find(|&end| chars[end].is_whitespace()).unwrap_or(chars.len());
        let (part, next) = match quoted {
            Some(end) if end > from + 1 && is_minus => {
                (Part::Excluded { phrase: string(from + 1, end), chars: end + 1 - at }, end + 1)
            }
            Some(end) if end > from + 1 => (Part::Phrase(string(from + 1, end)), end + 1),
            Some(end) => (Part::Words(string(at, end + 1)), end + 1),
            None if is_minus && space > from => {
                (Part::Excluded { phrase: string(from, space), chars: space - at }, space)
            }
            _ => (Part::Words(chars[at].to_string()), at + 1),
        };
        parts.push(part);
        at = next;
    }
    parts
}
