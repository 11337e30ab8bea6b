//! The three files of a model as one blob, so that a model is one more hash in a manifest.
//!
//! ```text
//! offset  bytes
//!      0      8  magic "HWMODEL\0"
//!      8      4  format_version = 1
//!     12      4  section_count = 3
//!     16     24  section: kind u32 (1), reserved u32 (0), offset u64, length u64    config.json
//!     40     24  section: kind 2                                                    tokenizer.json
//!     64     24  section: kind 3                                                    model.safetensors
//!    128      …  the sections in this order, each at the next multiple of 64, zeros between
//! ```
//!
//! Little-endian. The same three files always give the same bytes: there is exactly one valid
//! place for each section, and a reader accepts no other, so sections can neither overlap nor hide
//! anything between them.

use alloc::vec::Vec;
use core::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::model::Parts;
use crate::bytes::ALIGNMENT;
use crate::error::{Code, Error, Result};
use crate::limits::MAX_BLOB_BYTES;
use crate::parts::Stretch;

const MAGIC: [u8; 8] = *b"HWMODEL\0";
const FORMAT_VERSION: u32 = 1;
const SECTIONS: usize = 3;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Section {
    kind: u32,
    reserved: u32,
    offset: u64,
    length: u64,
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    format_version: u32,
    section_count: u32,
    sections: [Section; SECTIONS],
}

const _: () = assert!(size_of::<Section>() == 24 && size_of::<Header>() == 88);
const _: () = assert!(cfg!(target_endian = "little"), "sections are read in place as little-endian");

/// Where the three files stand in a container.
pub(super) struct Sections {
    pub(super) config: Range<usize>,
    pub(super) tokenizer: Range<usize>,
    pub(super) tensors: Range<usize>,
}

/// Packs the files of a model2vec model into one blob, after checking that it opens.
///
/// `safetensors` is `model.safetensors`; a sentence-transformers `StaticEmbedding` file
/// (`embedding.weight`) is taken as well, with its own `config` (at least `{"normalize": true}`).
pub fn pack(config: &[u8], tokenizer: &[u8], safetensors: &[u8]) -> Result<Vec<u8>> {
    Parts::parse(config, tokenizer, safetensors.into())?;
    let files = [config, tokenizer, safetensors];
    let mut header = Header {
        magic: MAGIC,
        format_version: FORMAT_VERSION,
        section_count: SECTIONS as u32,
        sections: [Section::zeroed(); SECTIONS],
    };
    let mut end = size_of::<Header>() as u64;
    for ((section, file), kind) in header.sections.iter_mut().zip(files).zip(1..) {
        let offset = end.next_multiple_of(ALIGNMENT as u64);
        let length = file.len() as u64;
        *section = Section { kind, reserved: 0, offset, length };
        end = offset.saturating_add(length);
    }
    if end > MAX_BLOB_BYTES {
        return Err(Error::new(
            Code::LimitExceeded,
            alloc::format!("the model has {end} bytes, the maximum of a blob is {MAX_BLOB_BYTES}"),
        ));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(end).unwrap_or(0));
    bytes.extend_from_slice(bytemuck::bytes_of(&header));
    for file in files {
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes.extend_from_slice(file);
    }
    Ok(bytes)
}

/// Reads and checks the header of a container. What lies between the files is looked at only where all is here.
pub(super) fn sections(bytes: Stretch<'_>) -> Result<Sections> {
    let invalid =
        |what: &str| Error::new(Code::ModelInvalid, alloc::format!("model blob: {what}; pack the model's files again"));
    let Some(start) = bytes.get(0..size_of::<Header>()) else {
        return bytes.all_here().and(Err(invalid("shorter than its header")));
    };
    let header: Header = bytemuck::pod_read_unaligned(start);
    if header.magic != MAGIC {
        return Err(invalid("it does not start with HWMODEL"));
    }
    if header.format_version != FORMAT_VERSION {
        return Err(Error::new(
            Code::FormatUnsupported,
            alloc::format!(
                "model blob: format version {}, this build reads {FORMAT_VERSION}; update Headwater",
                header.format_version
            ),
        ));
    }
    if header.section_count as usize != SECTIONS {
        return Err(invalid("wrong number of sections"));
    }
    let mut end = size_of::<Header>();
    let mut place = |section: &Section, kind: u32| -> Option<Range<usize>> {
        let start = end.next_multiple_of(ALIGNMENT);
        let length = usize::try_from(section.length).ok()?;
        let stop = start.checked_add(length)?;
        let padding = if bytes.is_here() { bytes.get(end..start)? } else { &[] };
        let fits = section.kind == kind
            && section.reserved == 0
            && section.offset == start as u64
            && stop <= bytes.len()
            && padding.iter().all(|b| *b == 0);
        end = stop;
        fits.then_some(start..stop)
    };
    let [config, tokenizer, tensors] = &header.sections;
    let misplaced = || invalid("a section is misplaced or cut off");
    let found = Sections {
        config: place(config, 1).ok_or_else(misplaced)?,
        tokenizer: place(tokenizer, 2).ok_or_else(misplaced)?,
        tensors: place(tensors, 3).ok_or_else(misplaced)?,
    };
    if end != bytes.len() {
        return Err(invalid("bytes after the last section"));
    }
    Ok(found)
}
