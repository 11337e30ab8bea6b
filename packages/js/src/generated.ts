// Generated from core/src/model by `cargo xtask gen`. Do not edit.

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
 * The schema of a collection.
 */
export type Schema = { 
/**
 * The named vectors. Their order everywhere is the order of their names.
 */
vectors: { [key in string]: VectorField }, 
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
 * A search: exactly one of `vector` and `text`, the rest optional.
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
scoreThreshold?: number, };

/**
 * Who computed an answer.
 */
export type AnsweredBy = "origin" | "edge" | "browser" | "node";

/**
 * How one segment was searched.
 */
export type Strategy = "exact" | "scan" | "graph" | "empty";

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
 * Vectors compared with the query.
 */
compared: number, 
/**
 * Bytes of memory that the search needed beside the segment, at most.
 */
scratchBytes: number, };

/**
 * One found point.
 */
export type Hit = { 
/**
 * The point's id.
 */
id: string, 
/**
 * Higher is better; what it means is the metric's.
 */
score: number, 
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
