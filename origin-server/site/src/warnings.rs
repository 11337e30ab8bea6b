//! What is worth a look, and why pages are left out.

use std::fmt;

/// What is worth a look in a page that can be searched all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Neither a heading of the first level nor a `<title>`.
    NoTitle,
    /// Nothing says what the main content is, so all of it counts but what is navigation by its name.
    NoMainContent,
    /// Read as another encoding, because it is not UTF-8.
    NotUtf8 {
        /// As which.
        encoding: &'static str,
    },
    /// Bytes that its encoding has no characters for.
    BrokenText {
        /// Of which encoding.
        encoding: &'static str,
    },
    /// So deep, or of so many elements, that the rest was not read.
    BrokenHtml,
    /// A comment that does not end: what follows is not seen.
    OpenComment,
    /// Several places with one anchor: links lead to the first.
    DuplicateAnchor(String),
    /// Front matter that cannot be read.
    FrontMatter(String),
    /// A mark that cannot be used.
    Mark {
        /// What it says.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Warning {
    /// Those of a kind are counted together.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NoTitle => "no title",
            Self::NoMainContent => "no main content named",
            Self::NotUtf8 { .. } => "not UTF-8",
            Self::BrokenText { .. } => "broken text",
            Self::BrokenHtml => "broken HTML",
            Self::OpenComment => "a comment that does not end",
            Self::DuplicateAnchor(_) => "the same anchor twice",
            Self::FrontMatter(_) => "front matter that cannot be read",
            Self::Mark { .. } => "marks that cannot be used",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTitle => write!(f, "no title: give it an <h1> or a <title>; the name of its file stands in"),
            Self::NoMainContent => write!(
                f,
                "nothing names the main content: put it into <main>, or mark it by data-headwater-body; all of the page \
                 is searched but navigation"
            ),
            Self::NotUtf8 { encoding } => write!(f, "not UTF-8: read as {encoding}"),
            Self::BrokenText { encoding } => {
                write!(f, "bytes that are no {encoding}, shown as U+FFFD: declare its encoding by <meta charset>")
            }
            Self::BrokenHtml => {
                write!(f, "elements in each other without end, or many times their number: the rest was not read")
            }
            Self::OpenComment => write!(f, "a comment <!-- that does not end: what follows is not seen"),
            Self::DuplicateAnchor(anchor) => {
                write!(f, "several elements have the id {anchor:?}: links lead to the first")
            }
            Self::FrontMatter(why) => write!(f, "its front matter cannot be read: {why}"),
            Self::Mark { text, why } => write!(f, "the mark {text:?} is not used: {why}"),
        }
    }
}

/// Why a file is no page that can be searched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOut {
    /// It leads elsewhere at once.
    Redirect,
    /// What servers show in place of what they have not.
    NotFoundPage,
    /// It asks search engines not to index it.
    NoIndex,
    /// A mark says so.
    Ignored,
    /// Front matter says that it is not finished.
    Draft,
    /// Its canonical URL is another page of this site.
    Copy {
        /// The file of that page.
        of: String,
    },
    /// An index or a search page that a generator has made.
    Generated,
    /// Nothing on it can be searched.
    Empty,
    /// More bytes than a page has.
    TooLarge {
        /// So many.
        bytes: u64,
    },
    /// The file cannot be read.
    Unreadable(String),
}

impl LeftOut {
    /// Those of a kind are counted together.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Redirect => "redirects",
            Self::NotFoundPage => "pages for what is not found",
            Self::NoIndex => "noindex",
            Self::Ignored => "marked to be ignored",
            Self::Draft => "drafts",
            Self::Copy { .. } => "copies of other pages",
            Self::Generated => "generated indexes and listings",
            Self::Empty => "without text",
            Self::TooLarge { .. } => "too large",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// Whether somebody may have to do something about it.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Unreadable(_))
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy { of } => write!(f, "its canonical URL is that of {of}"),
            Self::TooLarge { bytes } => write!(f, "{bytes} bytes are too large for a page"),
            Self::Unreadable(why) => write!(f, "it cannot be read: {why}"),
            other => f.write_str(other.kind()),
        }
    }
}
