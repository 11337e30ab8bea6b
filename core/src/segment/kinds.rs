//! What sections hold, and in which order they stand.
//!
//! ```text
//! front          all that says where to look: one fetch, kept for good        (length in the header)
//! groups         of clusters, where these are so many that their centroids are not in the front
//! pieces         of the clusters: the nearest ones are a few runs of bytes
//! fields         what filters, counts and orders read
//! words          dictionaries, lists; positions, which only phrases read, last
//! graphs         for readers that hold the whole segment
//! codes          by ordinal, so by cluster: candidates lie near each other
//! payloads, ids  by ordinal: of the hits alone
//! whole vectors  of the hits at most
//! ```
//!
//! A reader with the whole segment does not care. One that fetches ranges does: what a query wants of a kind must lie
//! in few runs, and what tells where they are must be small and come first. So the order is part of the format.
//!
//! The centroids' codes of eight or four bits are most of the front and end it. Codes of one bit, which some segments
//! have before them, are for readers that hold the whole segment.

/// What a section holds. The numbers are part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    /// JSON: names, dimensions and types of the fields by position.
    Fields = 1,
    /// What was measured on a sample of a vector's points.
    Decisions = 2,
    CodeParameters = 16,
    Codes = 17,
    CodeFactors = 18,
    ScanHeader = 19,
    CentroidBlocks = 20,
    ClusterEnds = 21,
    CentroidParameters = 22,
    CentroidCodes = 23,
    CentroidFactors = 24,
    Pieces = 25,
    ScanOrder = 26,
    FullF32 = 27,
    FullF16 = 28,
    PieceRoots = 29,
    RecordStarts = 30,
    RecordRoots = 31,
    GraphHeader = 32,
    GroundOffsets = 33,
    GroundLinks = 34,
    Levels = 35,
    UpperNodes = 36,
    UpperOffsets = 37,
    UpperLinks = 38,
    GroupEnds = 39,
    GroupPieces = 40,
    GroupRoots = 41,
    ResidualCodes = 42,
    ResidualFactors = 43,
    DictionaryOffsets = 48,
    Dictionary = 49,
    RowOffsets = 50,
    RowValues = 51,
    Numbers = 52,
    NumberOrder = 53,
    SetEntries = 54,
    Sets = 55,
    Places = 56,
    PayloadBlocks = 65,
    PayloadBytes = 66,
    IdOffsets = 72,
    IdBytes = 73,
    IdOrder = 74,
    IdRanks = 75,
    TextHeader = 80,
    TermBlocks = 81,
    TermBytes = 82,
    FormBlocks = 83,
    FormBytes = 84,
    FormLists = 85,
    TermLists = 86,
    ListBlocks = 87,
    Postings = 88,
    Positions = 89,
    TextLengths = 90,
    TermSamples = 91,
    FormSamples = 92,
}

/// The front.
const FRONT: [Kind; 20] = [
    Kind::Fields,
    Kind::Decisions,
    Kind::CodeParameters,
    Kind::ScanHeader,
    Kind::TextHeader,
    Kind::CentroidParameters,
    Kind::CentroidFactors,
    Kind::ClusterEnds,
    Kind::GroupEnds,
    Kind::RecordStarts,
    Kind::PieceRoots,
    Kind::RecordRoots,
    Kind::GroupRoots,
    Kind::CentroidBlocks,
    Kind::TermSamples,
    Kind::FormSamples,
    Kind::TermBlocks,
    Kind::FormBlocks,
    Kind::PayloadBlocks,
    Kind::CentroidCodes,
];

/// What is fetched in parts.
const REST: [Kind; 38] = [
    Kind::GroupPieces,
    Kind::Pieces,
    Kind::ScanOrder,
    Kind::DictionaryOffsets,
    Kind::Dictionary,
    Kind::SetEntries,
    Kind::RowOffsets,
    Kind::RowValues,
    Kind::Sets,
    Kind::Numbers,
    Kind::NumberOrder,
    Kind::Places,
    Kind::TermBytes,
    Kind::FormBytes,
    Kind::FormLists,
    Kind::TermLists,
    Kind::ListBlocks,
    Kind::TextLengths,
    Kind::Postings,
    Kind::Positions,
    Kind::GraphHeader,
    Kind::Levels,
    Kind::UpperNodes,
    Kind::UpperOffsets,
    Kind::UpperLinks,
    Kind::GroundOffsets,
    Kind::GroundLinks,
    Kind::Codes,
    Kind::CodeFactors,
    Kind::ResidualCodes,
    Kind::ResidualFactors,
    Kind::PayloadBytes,
    Kind::IdOffsets,
    Kind::IdBytes,
    Kind::IdOrder,
    Kind::IdRanks,
    Kind::FullF32,
    Kind::FullF16,
];

/// The place of a kind in the order; none where it is not known here.
pub(super) fn rank(kind: u32) -> Option<usize> {
    FRONT.iter().chain(&REST).position(|&known| known as u32 == kind)
}

/// Whether sections of a kind belong to the front.
pub(super) fn is_front(kind: u32) -> bool {
    rank(kind).is_some_and(|rank| rank < FRONT.len())
}

#[cfg(test)]
mod tests;
