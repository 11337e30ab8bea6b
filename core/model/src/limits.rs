//! Every maximum of the system, each with its reason. Past a limit there is a clear error that
//! names it, and nothing is lost.

/// Dimensions of one vector: the largest public embedding models give 4,096; also keeps an
/// integer dot product of u8 codes with an i16 query inside `i32` (see `quant`).
pub const MAX_DIM: usize = 4096;
/// Components of a vector that is kept as f16: the largest number there is.
pub const MAX_F16: f32 = 65_504.0;
/// Components of a vector that is not scaled to length 1: with [`MAX_DIM`] of them, squared lengths, inner products and
/// their sums under the largest boosts still are numbers. Past that a segment would have factors that its readers
/// refuse.
pub const MAX_COMPONENT: f32 = 1e15;
/// Vector fields of one schema: each multiplies the size of every segment.
pub const MAX_VECTOR_FIELDS: usize = 16;
/// Filterable fields of one schema.
pub const MAX_FIELDS: usize = 64;
/// Bytes of a field, vector, model or collection name; they stand in paths and tables.
pub const MAX_NAME_BYTES: usize = 64;
/// Bytes of a point id; it is a key in the store and stands in a path.
pub const MAX_ID_BYTES: usize = 512;
/// Bytes of one point's payload as JSON: a payload is what a hit shows, not a file.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;
/// Lists and objects in each other in one payload: some readers of JSON take 64 (.NET), and in an answer three stand
/// around it.
pub const MAX_PAYLOAD_DEPTH: usize = 48;
/// Bytes of one keyword value: it is a dictionary entry, not a text.
pub const MAX_KEYWORD_BYTES: usize = 1024;
/// Values of one field in one point.
pub const MAX_FIELD_VALUES: usize = 256;
/// Points of one write batch, and ids of one delete.
pub const MAX_BATCH_POINTS: usize = 10_000;
/// Bytes of one write batch: it is held in memory while it is checked.
pub const MAX_BATCH_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of one line of an NDJSON stream: a full payload and 16 full vectors as decimal text fit.
pub const MAX_LINE_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of a search body: a vector of 4,096 numbers as decimal text is under 100 KiB.
pub const MAX_QUERY_BYTES: usize = 1024 * 1024;
/// Bytes of a schema.
pub const MAX_SCHEMA_BYTES: usize = 256 * 1024;
/// Bytes of the names of headers that a page asks to send (CORS), and gets back: those of three tracing libraries have
/// about 200.
pub const MAX_ASKED_HEADERS_BYTES: usize = 2048;
/// Hits of one answer; more is an export, not a search.
pub const MAX_TOP_K: usize = 10_000;
/// Hits that pages may lie behind where each page is found anew with all before it: by vectors, collapsed, with pins,
/// or in an order in which hits differ.
pub const MAX_DEEP_HITS: usize = 100_000;
/// Candidate list of a graph search.
pub const MAX_EF_SEARCH: usize = 20_000;
/// Nested `$and`, `$or`, `$not` of one filter: bounds the stack.
pub const MAX_FILTER_DEPTH: usize = 32;
/// Conditions of one filter, and values of one `$in`: bounds the time.
pub const MAX_FILTER_CONDITIONS: usize = 1024;
/// Bytes of a query text; longer text says nothing more about meaning.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Points of one segment: ordinals are `u32`, and one build holds all vectors in memory.
pub const MAX_SEGMENT_POINTS: usize = 16 * 1024 * 1024;
/// Unpublished changes of one collection: the next publish writes them into one segment, together with points of
/// others.
pub const MAX_PENDING_POINTS: usize = MAX_SEGMENT_POINTS / 2;
/// Bytes of unpublished changes of one collection, whatever a server is told: the segment that they become has to be a
/// blob.
pub const MAX_PENDING_BYTES: u64 = MAX_BLOB_BYTES / 2;
/// Bytes of one blob: wasm32 addresses 4 GiB, and half of that is the largest useful buffer.
pub const MAX_BLOB_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes of a head.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Bytes of a manifest: the largest list of segments has 250 KiB, and parsing takes up to 32 times the text.
pub const MAX_MANIFEST_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a boot object. Of a version whose fronts have more, readers fetch the rest as ever.
pub const MAX_BOOT_BYTES: u64 = 16 * 1024 * 1024;
/// Segments of one manifest: every search visits each of them.
pub const MAX_SEGMENTS: usize = 1024;
/// Models of one manifest.
pub const MAX_MODELS: usize = 16;
/// Bytes of what a segment says of its own fields: all the vectors and fields of a schema need 16 KiB.
pub const MAX_SEGMENT_FIELDS_BYTES: usize = 64 * 1024;
/// Sections of one segment: the largest schema needs some 1,300, eleven for each text field.
pub const MAX_SECTIONS: usize = 2048;
/// Upper levels of a graph: at m = 2 a graph of 16 Mi points has about 24.
pub const MAX_LEVELS: usize = 32;
/// Neighbours of a node on upper levels; twice as many on the ground level.
pub const MAX_M: usize = 128;
/// Candidate list while building a graph.
pub const MAX_EF_CONSTRUCTION: usize = 4096;
/// Public keys that one replica trusts.
pub const MAX_TRUSTED_KEYS: usize = 16;
/// Keys of a key list, revoked ones included: it travels with each head.
pub const MAX_LISTED_KEYS: usize = 64;
/// Bytes of a model's `config.json`.
pub const MAX_MODEL_CONFIG_BYTES: usize = 64 * 1024;
/// Bytes of a model's `tokenizer.json`: the multilingual ones with 500,000 tokens have about 30 MB.
pub const MAX_TOKENIZER_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of the header of a model's safetensors file; three tensors need about 300.
pub const MAX_TENSORS_HEADER_BYTES: usize = 1024 * 1024;
/// Tokens of a model's vocabulary, added tokens included.
pub const MAX_TOKENS: usize = 4 * 1024 * 1024;
/// Tokens that a tokenizer adds to its vocabulary: each goes through all the rules when a model is opened. The largest
/// sets have some 7,000.
pub const MAX_ADDED_TOKENS: usize = 64 * 1024;
/// Bytes of one token: bounds the time to look up a piece of text.
pub const MAX_TOKEN_BYTES: usize = 1024;
/// Steps of a tokenizer's normalizer, and of its pre-tokenizer: bounds the time per text.
pub const MAX_TOKENIZER_STEPS: usize = 256;
/// Bytes of a text after a tokenizer's rules, which may make it longer, but not endlessly; also the
/// tokens of a text.
pub const MAX_NORMALIZED_BYTES: usize = 256 * 1024;
/// Forms that one typed word stands for in a field, unfinished or misspelt; the far ones are left out.
pub const MAX_VARIANTS: usize = 128;
/// Words of one text query that count: of more, the first ones.
pub const MAX_MATCH_WORDS: usize = 256;
/// Text fields of one schema.
pub const MAX_TEXT_FIELDS: usize = 64;
/// Boost of a text field; boosts are relative.
pub const MAX_BOOST: u16 = 1000;
/// Words of one text query that may be misspelt: each costs a walk over the dictionary.
pub const MAX_FUZZY_WORDS: usize = 32;
/// Boosts of one query: each is looked up for every point that is ranked.
pub const MAX_BOOSTS: usize = 16;
/// Points that one query pins.
pub const MAX_PINS: usize = 100;
/// Phrases that one query's text demands by quotes, and what it excludes: each is a search of its own.
pub const MAX_PHRASES: usize = 16;
/// Words, and fields, that a query does not want misspelt.
pub const MAX_EXCEPTIONS: usize = 256;
/// Synonyms of one schema: 256 KiB hold some 10,000, and each is analysed when a version is opened.
pub const MAX_SYNONYMS: usize = 1000;
/// Synonyms that one query brings: they are analysed with it.
pub const MAX_QUERY_SYNONYMS: usize = 100;
/// Texts of one synonym: whoever types one of them looks for all others.
pub const MAX_SYNONYM_TEXTS: usize = 32;
/// Bytes of one text of a synonym: it is a name, not a sentence.
pub const MAX_SYNONYM_BYTES: usize = 256;
/// Texts that a query's text stands for, itself included: each is a search of its own.
pub const MAX_ALTERNATIVES: usize = 16;
/// Lists of words that one search goes through, but for those of the words themselves.
pub const MAX_LISTS: usize = 4096;
/// Facets of one query: each is a walk over all that it finds.
pub const MAX_FACETS: usize = 32;
/// Values of one facet; more is an export.
pub const MAX_FACET_VALUES: usize = 10_000;
/// Buckets of one histogram: days of 27 years. More tell no more, and a step of a millisecond would name every point.
pub const MAX_FACET_BUCKETS: usize = 10_000;
/// Ranges of one facet.
pub const MAX_FACET_RANGES: usize = 256;
/// Hits that `diversity` puts in another order: each is compared with each.
pub const MAX_DIVERSE: usize = 1000;
/// Points that one `like` names: each is looked up, and is no hit.
pub const MAX_LIKE: usize = 100;
/// Queries of one batch: a page that asks more has an export in mind.
pub const MAX_BATCH_QUERIES: usize = 100;
/// Searches whose hits become one ranking: each may bring all of the first hits.
pub const MAX_ACROSS: usize = 32;
/// Texts of one query's `match`.
pub const MAX_MATCHES: usize = 16;
/// Fields that one query sorts by.
pub const MAX_SORTS: usize = 8;
/// `oversampling` of a query: a hundred times the candidates is more than comparing all.
pub const MAX_OVERSAMPLING: u16 = 100;
/// Hits of one value of a collapsed field: a group is a look at what is there, and more of it is a query with a filter.
pub const MAX_GROUP_HITS: usize = 10;
/// UTF-16 units of a snippet, at least: less is a word or two.
pub const MIN_SNIPPET_CHARS: u32 = 40;
/// UTF-16 units of a snippet; more is the text.
pub const MAX_SNIPPET_CHARS: u32 = 1000;
/// Snippets of one field of a hit.
pub const MAX_SNIPPETS: usize = 10;
/// Bytes of a text that is to be completed: nobody types more into a search box.
pub const MAX_SUGGEST_BYTES: usize = 1024;
/// Completions of one text.
pub const MAX_SUGGESTIONS: usize = 100;
/// Forms of one field of one segment among which completions are looked for, the most frequent: each takes a walk over
/// its points.
pub const MAX_COMPLETIONS: usize = 500;
