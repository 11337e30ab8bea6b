// Generated from core/model/src/model by `cargo xtask gen`. Do not edit.

/** A value a filter compares with. */
export type Scalar = string | number;
/** Conditions on one field; all have to hold. */
export type Condition = { $eq?: Scalar, $ne?: Scalar, $in?: Scalar[], $nin?: Scalar[], $gt?: number, $gte?: number, $lt?: number, $lte?: number, $exists?: boolean };
/** Conditions by field, and `$and`, `$or`, `$not`; all have to hold. */
export type Filter = { [field: string]: Scalar | Condition | Filter | Filter[] | undefined, $and?: Filter[], $or?: Filter[], $not?: Filter };

/**
 * What went wrong, for programs. Grouped by what the caller can do.
 */
export type Code = "invalid_json" | "invalid_schema" | "invalid_point" | "invalid_query" | "invalid_filter" | "unknown_field" | "type_mismatch" | "dimension_mismatch" | "non_finite" | "limit_exceeded" | "collection_not_found" | "collection_exists" | "point_not_found" | "model_not_found" | "model_invalid" | "model_unsupported" | "not_found" | "method_not_allowed" | "unsupported_media_type" | "read_only" | "unauthorized" | "conflict" | "corrupt" | "format_unsupported" | "hash_mismatch" | "signature_invalid" | "key_untrusted" | "head_rolled_back" | "head_expired" | "manifest_mismatch" | "over_budget" | "not_published" | "unreachable" | "bad_response" | "storage_failed" | "storage_full" | "unsupported_runtime" | "closed" | "not_ready" | "internal";

/**
 * An error as it travels over HTTP.
 */
export type Problem = { 
/**
 * A URI that names the kind of problem: `urn:headwater:problem:<code>`.
 */
type: string, 
/**
 * The code in words.
 */
title: string, 
/**
 * The HTTP status.
 */
status: number, 
/**
 * The stable code.
 */
code: Code, 
/**
 * What was wrong with this request and what to do.
 */
detail: string, 
/**
 * Whether the same request may succeed later.
 */
retryable: boolean, };

/**
 * How two vectors are compared. Scores are always "higher is better".
 */
export type Metric = "cosine" | "dot" | "l2";

/**
 * What a segment finds candidates with, before codes of more bits are compared.
 */
export type Coarse = "auto" | "none";

/**
 * The codes that segments rank points by.
 */
export type Tier = "u8" | "u4";

/**
 * A precision in which segments keep whole vectors beside their codes.
 */
export type Precision = "f32" | "f16";

/**
 * The type of a filterable field, read from the payload key of the same name.
 */
export type FieldType = "keyword" | "integer" | "float";

/**
 * Text to vector inside Headwater: which model reads which payload fields.
 */
export type Embed = { 
/**
 * Name of a model that the origin holds.
 */
model: string, 
/**
 * Payload fields, 1 to 64, in order. Arrays of strings are joined by ", ", the fields by ": ".
 */
from: Array<string>, };

/**
 * Parameters of the HNSW graph (Malkov and Yashunin, arXiv 1603.09320).
 */
export type GraphOptions = { 
/**
 * Neighbours of a node on the upper levels; the ground level has twice as many.
 */
m: number, 
/**
 * Candidates considered when a node is linked.
 */
efConstruction: number, 
/**
 * Points of a segment from which on it has a graph. When absent, the builder measures whether one pays.
 */
minPoints?: number, };

/**
 * One named vector of every point.
 */
export type VectorField = { 
/**
 * Number of dimensions, 1 to 4,096.
 */
dim: number, 
/**
 * How vectors are compared; cosine when absent.
 */
metric?: Metric, 
/**
 * Derives the vector from the payload; without it every point brings its own.
 */
embed?: Embed, 
/**
 * What finds candidates; 1-bit codes where they suit the data when absent.
 */
coarse?: Coarse, 
/**
 * What ranks the hits, and what is stored of every vector; u8 codes when absent.
 */
codes?: Tier, 
/**
 * Keeps whole vectors in segments, which then rank the hits instead of codes.
 */
keep?: Precision, 
/**
 * Parameters of the graph.
 */
graph?: GraphOptions, };

/**
 * A payload key whose text is searched by words: a string, or an array of strings.
 */
export type TextField = { 
/**
 * Language of the text, which decides how words are reduced to stems: an ISO 639-1 code such as `en`, or `none`, which is
 * what stands when absent.
 */
language?: string, 
/**
 * How much this field counts beside others; 1 when absent.
 */
boost?: number, 
/**
 * Leaves out words of the language that say nothing, such as "the": smaller, but then nothing finds them.
 */
stopWords?: boolean, };

/**
 * The schema of a collection.
 */
export type Schema = { 
/**
 * The named vectors. Their order everywhere is the order of their names. There may be none when there is text.
 */
vectors?: { [key in string]: VectorField }, 
/**
 * The payload keys that are searched by words.
 */
text?: { [key in string]: TextField }, 
/**
 * The fields that filters may use.
 */
fields?: { [key in string]: FieldType }, };

/**
 * One searchable thing.
 */
export type Point = { 
/**
 * 1 to 512 bytes; an upsert with a known id replaces the point whole.
 */
id: string, 
/**
 * Vectors by name. Those that the schema derives by `embed` may be left out.
 */
vectors?: { [key in string]: Array<number> }, 
/**
 * At most 64 KiB as JSON.
 */
payload?: Record<string, unknown>, };

/**
 * Body of an upsert: at most 10,000 points or 32 MiB. The batch is applied whole or not at all;
 * of several points with one id the last one counts.
 */
export type PointBatch = { 
/**
 * The points.
 */
points: Array<Point>, };

/**
 * Body of a delete: at most 10,000 ids. Unknown ids are ignored.
 */
export type DeleteBatch = { 
/**
 * The ids.
 */
ids: Array<string>, };

/**
 * Says that a write is durable.
 */
export type WriteReceipt = { 
/**
 * The number of the last operation of this write.
 */
lsn: number, 
/**
 * Points written or ids deleted.
 */
count: number, };

/**
 * Says what a publish made.
 */
export type PublishReceipt = { 
/**
 * The version that the head names now.
 */
version: number, 
/**
 * The last operation that it holds.
 */
lsn: number, 
/**
 * Live points in it.
 */
points: number, 
/**
 * Segments in it.
 */
segments: number, 
/**
 * Bytes of all its blobs.
 */
bytes: number, 
/**
 * False when there was nothing new to publish.
 */
changed: boolean, 
/**
 * Milliseconds spent.
 */
tookMs: number, };

/**
 * Which words a point must have.
 */
export type MatchMode = "any" | "all" | "phrase";

/**
 * Words to search for: a text, or these options.
 */
export type Match = { 
/**
 * The words.
 */
query: string, 
/**
 * Text fields to search; all when absent.
 */
fields?: Array<string>, 
/**
 * Which of the words a point must have; any of them when absent.
 */
mode?: MatchMode, 
/**
 * The last word may be unfinished, unless something follows it: for searching as one types.
 */
prefix?: boolean, 
/**
 * Words may be misspelt: one edit from three letters on, two from six on; the first letter is right.
 */
fuzzy?: boolean, };

/**
 * Ways to bring rankings together.
 */
export type FusionMethod = "weighted" | "rrf";

/**
 * How the two rankings of a query with a vector and words become one.
 */
export type Fusion = { 
/**
 * The way; the one that measured better when absent.
 */
method?: FusionMethod, 
/**
 * How much the vector counts, 0 to 1, and the words the rest.
 */
vector?: number, };

/**
 * A range of numbers.
 */
export type FacetRange = { 
/**
 * The least number in it; no end when absent.
 */
gte?: number, 
/**
 * The least number above it; no end when absent.
 */
lt?: number, };

/**
 * What to count of one field.
 */
export type Facet = { 
/**
 * Of a keyword field: how many values to name, those that most points have; 10 when absent.
 */
top?: number, 
/**
 * Of a number field: the ranges to count.
 */
ranges?: Array<FacetRange>, };

/**
 * A value, and how many points have it.
 */
export type ValueCount = { 
/**
 * The value.
 */
value: string, 
/**
 * Points that have it.
 */
count: number, };

/**
 * What was counted of one field.
 */
export type FacetCounts = { 
/**
 * Of a keyword field: values with how many points have them, most first, then by value.
 */
values: Array<ValueCount>, 
/**
 * Of a number field: as many counts as the query has ranges, in their order.
 */
ranges: Array<number>, 
/**
 * Points without the field.
 */
missing: number, };

/**
 * A search: by a vector (`vector`, or `text` for a model), by words (`match`), or by both.
 */
export type Query = { 
/**
 * The query vector, of the declared dimension.
 */
vector?: Array<number>, 
/**
 * A text, embedded by the model that the schema names for the vector.
 */
text?: string, 
/**
 * Words to search for: a text, or options beside it.
 */
match?: string | Match, 
/**
 * How a vector and words become one ranking.
 */
fusion?: Fusion, 
/**
 * Which of the schema's vectors; may be left out when there is one.
 */
using?: string, 
/**
 * Only points that pass count.
 */
filter?: Filter, 
/**
 * How many hits, 1 to 10,000; 10 when absent.
 */
topK?: number, 
/**
 * Hits to leave out at the beginning: with `topK`, at most 10,000.
 */
offset?: number, 
/**
 * Payload fields to return; all when absent.
 */
fields?: Array<string>, 
/**
 * Compare with every point instead of walking the graph.
 */
exact?: boolean, 
/**
 * Candidates that a search keeps, and with them how much it looks at: more is slower and finds more. Raised to
 * `topK` when below it.
 */
efSearch?: number, 
/**
 * Hits below this score are left out.
 */
scoreThreshold?: number, 
/**
 * What to count over all points that are found: names of fields, or what to count of each.
 */
facets?: string[] | Record<string, Facet>, 
/**
 * Says of each hit where the words stand.
 */
highlight?: boolean, 
/**
 * Says of each hit what vector and words gave it.
 */
explain?: boolean, };

/**
 * Who computed an answer.
 */
export type AnsweredBy = "origin" | "edge" | "browser" | "node";

/**
 * How one segment was searched.
 */
export type Strategy = "exact" | "scan" | "graph" | "postings" | "empty";

/**
 * What was done in one segment.
 */
export type SegmentPlan = { 
/**
 * How it was searched.
 */
strategy: Strategy, 
/**
 * Points in the segment.
 */
points: number, 
/**
 * Points that are live and pass the filter.
 */
matches: number, 
/**
 * Points whose 1-bit codes were scanned.
 */
scanned: number, 
/**
 * Vectors compared with the query; of words, points whose score was computed.
 */
compared: number, 
/**
 * Blocks of 128 points in the lists of words.
 */
blocks: number, 
/**
 * Of these, how many were read.
 */
blocksRead: number, 
/**
 * Bytes of memory that the search needed beside the segment, at most.
 */
scratchBytes: number, };

/**
 * A place in a text where a word of the query stands, or one that it is taken for.
 */
export type Highlight = { 
/**
 * Which text of an array; 0 where the field is one text.
 */
item: number, 
/**
 * Where it begins, in UTF-16 units: what `slice` of JavaScript takes.
 */
start: number, 
/**
 * Where it ends.
 */
end: number, };

/**
 * What the parts of a query gave a hit.
 */
export type Parts = { 
/**
 * The score by the vector.
 */
vector?: number, 
/**
 * The score by the words; absent where it has none of them.
 */
match?: number, };

/**
 * One found point.
 */
export type Hit = { 
/**
 * The point's id.
 */
id: string, 
/**
 * Higher is better; what it means is the metric's, of words BM25's, of both the fusion's.
 */
score: number, 
/**
 * Where the words stand, by text field, when the query asks for `highlight`.
 */
highlights?: { [key in string]: Array<Highlight> }, 
/**
 * What vector and words gave, when the query asks to `explain`.
 */
parts?: Parts, 
/**
 * The payload fields asked for.
 */
payload: Record<string, unknown>, };

/**
 * What a search found: hits by score descending, then by id.
 */
export type Answer = { 
/**
 * The hits.
 */
hits: Array<Hit>, 
/**
 * What was counted, when the query asks for `facets`.
 */
facets?: { [key in string]: FacetCounts }, 
/**
 * The version of the snapshot that was searched; 0 before the first publish.
 */
version: number, 
/**
 * The last operation that the answer has seen.
 */
lsn: number, 
/**
 * Microseconds from the parsed query to the answer, where the host has such a clock.
 */
tookUs: number, 
/**
 * Who computed it.
 */
answeredBy: AnsweredBy, 
/**
 * How each segment was searched; the points that are not published yet stand last.
 */
plan: Array<SegmentPlan>, };

/**
 * A collection as a server (origin or edge) describes it.
 */
export type CollectionStatus = { 
/**
 * Its name.
 */
collection: string, 
/**
 * Its schema.
 */
schema: Schema, 
/**
 * The published version; 0 before the first.
 */
version: number, 
/**
 * The last operation: at the origin of the log, at the edge of the snapshot.
 */
lsn: number, 
/**
 * Live points.
 */
points: number, 
/**
 * Changes that are durable and searchable here, but not published yet.
 */
pending: number, 
/**
 * Segments of the published version.
 */
segments: number, 
/**
 * Bytes of all blobs of the published version.
 */
bytes: number, 
/**
 * The public keys by which its head is signed, as replicas pass them to `trust`.
 */
trust: Array<string>, };

/**
 * Whether a replica is keeping up.
 */
export type ReplicaState = "ready" | "syncing" | "offline" | "refused";

/**
 * A replica as it describes itself.
 */
export type ReplicaStatus = { 
/**
 * Whether it is keeping up.
 */
state: ReplicaState, 
/**
 * The collection that it follows.
 */
collection: string, 
/**
 * The version that it serves.
 */
version: number, 
/**
 * The last operation in that version.
 */
lsn: number, 
/**
 * Live points.
 */
points: number, 
/**
 * Segments.
 */
segments: number, 
/**
 * Bytes kept on disk for it.
 */
bytes: number, 
/**
 * When a sync last succeeded, in milliseconds since 1970; `null` when it never has since opening.
 */
lastSyncMs: number | null, 
/**
 * Why the last sync failed.
 */
lastError: Problem | null, };

/**
 * What a sync did.
 */
export type SyncReport = { 
/**
 * Whether a newer version is served now.
 */
changed: boolean, 
/**
 * The version served now.
 */
version: number, 
/**
 * Blobs fetched.
 */
fetchedBlobs: number, 
/**
 * Bytes fetched for blobs.
 */
fetchedBytes: number, 
/**
 * Blobs of the new version that were here already.
 */
reusedBlobs: number, };

/**
 * Where an opening or a sync stands.
 */
export type Phase = "head" | "manifest" | "blobs" | "verify" | "open" | "ready";

/**
 * Progress of an opening or a sync.
 */
export type Progress = { 
/**
 * What is being done.
 */
phase: Phase, 
/**
 * Bytes done in this phase.
 */
loadedBytes: number, 
/**
 * Bytes of this phase; 0 where unknown.
 */
totalBytes: number, };
