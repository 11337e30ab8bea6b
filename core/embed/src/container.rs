//! The three files of a model as one blob, so that a model is one more hash in a manifest.
//!
//! ```text
//! offset  bytes
//!      0      8  magic "HWMODEL\0"
//!      8      4  format_version = 2
//!     12      4  section_count = 4
//!     16     24  section: kind u32 (1), reserved u32 (0), offset u64, length u64    config.json
//!     40     24  section: kind 2                                                    tokenizer.json
//!     64     24  section: kind 4                                                    vocabulary
//!     88     24  section: kind 3                                                    model.safetensors
//!    128      …  the sections in this order, each at the next multiple of 64, zeros between
//! ```
//!
//! Little-endian. The same three files always give the same bytes: there is exactly one valid
//! place for each section, and a reader accepts no other, so sections can neither overlap nor hide
//! anything between them.
//!
//! A vocabulary of WordPiece stands apart, in the order of its tokens, and rows of the table in the same order
//! (`tokenizer/packed.rs`); the vocabulary of others stands in `tokenizer.json`, and the section is empty. Version 1,
//! which is read as well, has no such section: all vocabularies stand in `tokenizer.json`.

use alloc::vec::Vec;
use core::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::model::Parts;
use super::{table, tokenizer};
use crate::bytes::ALIGNMENT;
use crate::error::{Code, Error, Result};
use crate::limits::MAX_BLOB_BYTES;
use crate::parts::Stretch;

const MAGIC: [u8; 8] = *b"HWMODEL\0";
const FORMAT_VERSION: u32 = 2;
/// Kinds of the sections of each version, in order.
const KINDS: [&[u32]; 2] = [&[CONFIG, TOKENIZER, TENSORS], &[CONFIG, TOKENIZER, VOCABULARY, TENSORS]];
const CONFIG: u32 = 1;
const TOKENIZER: u32 = 2;
const TENSORS: u32 = 3;
const VOCABULARY: u32 = 4;

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
}

const _: () = assert!(size_of::<Section>() == 24 && size_of::<Header>() == 16);
const _: () = assert!(cfg!(target_endian = "little"), "sections are read in place as little-endian");

/// Where the files stand in a container.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) config: Range<usize>,
    pub(super) tokenizer: Range<usize>,
    pub(super) vocabulary: Range<usize>,
    pub(super) tensors: Range<usize>,
}

/// Packs the files of a model2vec model into one blob, after checking that it opens.
///
/// `safetensors` is `model.safetensors`; a sentence-transformers `StaticEmbedding` file
/// (`embedding.weight`) is taken as well, with its own `config` (at least `{"normalize": true}`).
pub fn pack(config: &[u8], tokenizer: &[u8], safetensors: &[u8]) -> Result<Vec<u8>> {
    Parts::parse(config, tokenizer, &[], safetensors.into())?;
    let reordered = match tokenizer::pack(tokenizer)? {
        Some(packed) => table::reordered(safetensors, &packed.old_ids)?.map(|rows| (packed, rows)),
        None => None,
    };
    match &reordered {
        Some((packed, rows)) => join([config, &packed.json, &packed.vocabulary, rows]),
        None => join([config, tokenizer, &[], safetensors]),
    }
}

fn join(files: [&[u8]; 4]) -> Result<Vec<u8>> {
    let [_, kinds] = KINDS;
    let header = Header { magic: MAGIC, format_version: FORMAT_VERSION, section_count: kinds.len() as u32 };
    let mut bytes = bytemuck::bytes_of(&header).to_vec();
    let mut end = bytes.len() + size_of_val(kinds) / size_of::<u32>() * size_of::<Section>();
    for (file, &kind) in files.iter().zip(kinds) {
        let offset = end.next_multiple_of(ALIGNMENT);
        let section = Section { kind, reserved: 0, offset: offset as u64, length: file.len() as u64 };
        bytes.extend_from_slice(bytemuck::bytes_of(&section));
        end = offset + file.len();
    }
    if end as u64 > MAX_BLOB_BYTES {
        return Err(Error::new(
            Code::LimitExceeded,
            alloc::format!("the model has {end} bytes, the maximum of a blob is {MAX_BLOB_BYTES}"),
        ));
    }
    bytes.reserve_exact(end - bytes.len());
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
    let part = |range: Range<usize>| {
        bytes.get(range).map_or_else(|| bytes.all_here().and(Err(invalid("shorter than its header"))), Ok)
    };
    let header: Header = bytemuck::pod_read_unaligned(part(0..size_of::<Header>())?);
    if header.magic != MAGIC {
        return Err(invalid("it does not start with HWMODEL"));
    }
    let kinds =
        (header.format_version as usize).checked_sub(1).and_then(|older| KINDS.get(older)).ok_or_else(|| {
            Error::new(
                Code::FormatUnsupported,
                alloc::format!(
                    "model blob: format version {}, this build reads 1 to {FORMAT_VERSION}; update Headwater",
                    header.format_version
                ),
            )
        })?;
    if header.section_count as usize != kinds.len() {
        return Err(invalid("wrong number of sections"));
    }
    let mut end = size_of::<Header>() + kinds.len() * size_of::<Section>();
    let (table, _) = part(size_of::<Header>()..end)?.as_chunks::<{ size_of::<Section>() }>();
    let mut place = |section: Section, kind: u32| -> Option<Range<usize>> {
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
    let mut found = Sections::default();
    for (section, &kind) in table.iter().zip(*kinds) {
        let placed = place(bytemuck::pod_read_unaligned(section), kind);
        *match kind {
            CONFIG => &mut found.config,
            TOKENIZER => &mut found.tokenizer,
            VOCABULARY => &mut found.vocabulary,
            _ => &mut found.tensors,
        } = placed.ok_or_else(|| invalid("a section is misplaced or cut off"))?;
    }
    if end != bytes.len() {
        return Err(invalid("bytes after the last section"));
    }
    Ok(found)
}
