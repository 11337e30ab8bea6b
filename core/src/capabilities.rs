//! What this build of the engine can do: searching by words and by vectors can each be left out, for pages that need
//! one of them, and searching what is not published, for hosts that take no writes.
//!
//! Whatever only one of them needs holds a proof that it is there. Where it is not, no proof can be made, so the
//! compiler knows that nothing of all that is ever reached, and leaves it out, without a `cfg` at each place.

#[cfg(not(all(feature = "words", feature = "vectors", feature = "changes")))]
use core::convert::Infallible;

use crate::error::Result;
#[cfg(not(all(feature = "words", feature = "vectors", feature = "changes")))]
use crate::error::{Code, Error};

/// This build searches by words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HasWords(#[cfg(not(feature = "words"))] Infallible);

impl HasWords {
    #[cfg(feature = "words")]
    pub(crate) const fn check() -> Result<Self> {
        Ok(Self())
    }

    #[cfg(not(feature = "words"))]
    pub(crate) fn check() -> Result<Self> {
        Err(absent(
            "this engine was built without words; take one that has them for \"match\", \"snippets\", \"$contains\" of texts and suggestions",
        ))
    }
}

/// This build searches by vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HasVectors(#[cfg(not(feature = "vectors"))] Infallible);

impl HasVectors {
    #[cfg(feature = "vectors")]
    pub(crate) const fn check() -> Result<Self> {
        Ok(Self())
    }

    #[cfg(not(feature = "vectors"))]
    pub(crate) fn check() -> Result<Self> {
        Err(absent(
            "this engine was built without vectors; take one that has them for \"vector\", \"text\", \"like\", \"vectors\" and \"diversity\"",
        ))
    }
}

/// This build searches what is not published as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HasChanges(#[cfg(not(feature = "changes"))] Infallible);

impl HasChanges {
    #[cfg(feature = "changes")]
    pub(crate) const fn check() -> Result<Self> {
        Ok(Self())
    }

    #[cfg(not(feature = "changes"))]
    pub(crate) fn check() -> Result<Self> {
        Err(absent("this engine was built for what is published alone"))
    }
}

#[cfg(not(all(feature = "words", feature = "vectors", feature = "changes")))]
#[cold]
fn absent(message: &str) -> Error {
    Error::new(Code::UnsupportedRuntime, message)
}
