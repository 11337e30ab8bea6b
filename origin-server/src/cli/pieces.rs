//! The option of commands that write for readers: objects in pieces as well.

use bytesize::ByteSize;
use clap::Args;
use headwater_core::error::{Error, Result};

use crate::replica::PieceSize;

#[derive(Args, Clone)]
pub(super) struct Pieces {
    /// Also writes what is larger than SIZE (64KiB if you do not say, 16KiB to 16MiB) in pieces, for hosts that ignore
    /// ranges: readers there fetch pieces instead of whole objects. Takes the room of the objects once more.
    #[arg(long, value_name = "SIZE", num_args = 0..=1, require_equals = true, default_missing_value = "64KiB", value_parser = size)]
    pieces: Option<ByteSize>,
}

fn size(text: &str) -> std::result::Result<ByteSize, String> {
    text.parse().map_err(|_| "a size is a number of bytes, or a number and a unit, such as 64KiB".to_owned())
}

impl Pieces {
    /// The size, if readers take pieces of that.
    pub(super) fn size(&self) -> Result<Option<PieceSize>> {
        let named = |error: Error| Error::new(error.code(), format!("--pieces: {}", error.message()));
        self.pieces.map(|size| PieceSize::new(size.as_u64())).transpose().map_err(named)
    }
}
