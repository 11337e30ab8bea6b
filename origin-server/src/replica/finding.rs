//! What a check says.

use headwater_core::error::{Code, Error};
use serde::Serialize;

use super::PieceSize;
use crate::counted::counted;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// As it should be.
    Ok,
    /// Replicas work, but somebody should look.
    Warning,
    /// A replica refuses it, or would answer wrongly.
    Error,
}

/// One thing that was checked.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// The object: `head`, `manifests/…`, `blobs/…`.
    pub(crate) object: String,
    /// The code of an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Code>,
    pub(crate) message: String,
}

/// All findings, in the order of checking.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    /// The collection that the head names.
    #[serde(skip)]
    pub(crate) collection: Option<String>,
    /// Of which size its pieces are, where it has some.
    #[serde(skip)]
    pub(crate) pieces: Option<PieceSize>,
}

impl Report {
    pub(super) fn ok(&mut self, object: impl Into<String>, message: impl Into<String>) {
        self.push(Level::Ok, object, None, message);
    }

    pub(super) fn warn(&mut self, object: impl Into<String>, message: impl Into<String>) {
        self.push(Level::Warning, object, None, message);
    }

    pub(super) fn error(&mut self, object: impl Into<String>, error: &Error) {
        self.push(Level::Error, object, Some(error.code()), error.message());
    }

    fn push(&mut self, level: Level, object: impl Into<String>, code: Option<Code>, message: impl Into<String>) {
        self.findings.push(Finding { level, object: object.into(), code, message: message.into() });
    }

    /// How many findings are of a level.
    pub(crate) fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|f| f.level == level).count()
    }

    /// Errors there are.
    pub(crate) fn errors(&self) -> usize {
        self.count(Level::Error)
    }

    /// Whether what the head names is not all there as it should be: then it can be written anew.
    pub(crate) fn is_damaged(&self) -> bool {
        let of_copies = |finding: &&Finding| {
            ["blobs/", "pages/", "manifests/", "boot", "pieces"].iter().any(|p| finding.object.starts_with(p))
        };
        self.findings.iter().filter(of_copies).any(|finding| finding.level == Level::Error)
    }

    /// The code of the first error.
    pub(crate) fn first_error(&self) -> Option<Code> {
        self.findings.iter().find_map(|finding| finding.code)
    }
}

impl Report {
    /// A line for each finding, and one that counts them.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |finding: &Finding| {
            let level = match finding.level {
                Level::Ok => "ok      ",
                Level::Warning => "warning ",
                Level::Error => "error   ",
            };
            // Hashes are shortened: enough to find the object by.
            let mut object: String = finding.object.chars().take(26).collect();
            if object.len() < finding.object.len() {
                object.push('…');
            }
            let code = finding.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
            format!("{level}{object:<28} {}{code}", finding.message)
        };
        let (errors, warnings) = (self.errors() as u64, self.count(Level::Warning) as u64);
        let counts = format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
        self.findings.iter().map(line).chain([counts]).collect()
    }
}
