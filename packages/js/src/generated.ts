// Generated from core/model/src/model by `cargo xtask gen`. Do not edit.

/** A value a filter compares with. */
export type Scalar = string | number | boolean;
/** A place, in degrees. */
export type Place = { lat: number, lon: number };
/** Conditions on one field; all have to hold. Bounds are numbers or, for datetimes, texts as RFC 3339 says; a radius is metres. */
export type Condition = { $eq?: Scalar, $ne?: Scalar, $in?: Scalar[], $nin?: Scalar[], $gt?: number | string, $gte?: number | string, $lt?: number | string, $lte?: number | string, $exists?: boolean, $prefix?: string, $contains?: string, $geoRadius?: Place & { radius: number }, $geoBox?: { topLeft: Place, bottomRight: Place } };
/** Conditions on a point's id; all have to hold. */
export type IdCondition = { $eq?: string, $ne?: string, $in?: string[], $nin?: string[], $prefix?: string };
/** Conditions by field, `$id`, and `$and`, `$or`, `$not`; all have to hold. */
export type Filter = { [field: string]: Scalar | Condition | Filter | Filter[] | undefined, $id?: string | IdCondition, $and?: Filter[], $or?: Filter[], $not?: Filter };
/** A field to sort by, least first, or "_score", greatest first; or an object with one field and its order, or the place from which distances count. */
export type Sort = string | { [field: string]: "asc" | "desc" | { near: Place, order?: "asc" | "desc" } };
/** Multiplies the score of points by a factor; `weight` is above 0, at most 1,000, and 1 when absent. */
export type Boost =
    /** Of points that pass, `weight`. */
    | { filter: Filter, weight?: number }
    /** 1 + weight · ln(1 + number). */
    | { field: string, log: true, weight?: number }
    /** 1 + weight · number / (number + saturation). */
    | { field: string, saturation: number, weight?: number }
    /** 1 + weight · 2^(-distance / scale), of the distance beyond `offset`; of datetimes in milliseconds, of places in metres. */
    | { field: string, decay: { from: number | string | Place, scale: number, offset?: number }, weight?: number };
/** A point that comes first, by id; or at a place among the hits, from 1 on. */
export type Pin = string | { id: string, at: number };
/** Texts that mean the same; or, one way only, what is typed and what it finds besides. */
export type Synonym = string[] | { from: string[], to: string[] };

/**
 * What went wrong, for programs. Grouped by what the caller can do.
 */
export type Code = "invalid_json" | "invalid_options" | "invalid_schema" | "invalid_point" | "invalid_query" | "invalid_filter" | "unknown_field" | "type_mismatch" | "dimension_mismatch" | "non_finite" | "limit_exceeded" | "collection_not_found" | "collection_exists" | "point_not_found" | "model_not_found" | "model_invalid" | "model_unsupported" | "not_found" | "method_not_allowed" | "unsupported_media_type" | "request_incomplete" | "read_only" | "unauthorized" | "conflict" | "corrupt" | "format_unsupported" | "hash_mismatch" | "signature_invalid" | "key_untrusted" | "key_revoked" | "head_rolled_back" | "head_expired" | "manifest_mismatch" | "over_budget" | "not_published" | "version_not_held" | "behind" | "parts_missing" | "unreachable" | "bad_response" | "pending_full" | "storage_failed" | "storage_full" | "unsupported_runtime" | "closed" | "not_ready" | "internal";

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
 * How the codes of a vector lie in segments.
 */
export type Layout = "whole" | "ranges";

/**
 * The codes that segments rank points by.
 */
export type Tier = "u8" | "u4";

/**
 * A precision in which segments keep whole vectors beside their codes.
 */
export type Precision = "f32" | "f16";

/**
 * The type of a filterable field, whose name is a path into the payload: `city`, or `address.city`. A field of any
 * type may have several values: a list, or what stands under one key in a list of objects.
 */
export type FieldType = "keyword" | "integer" | "float" | "boolean" | "datetime" | "geo";

/**
 * A filterable field with what is said of it besides its type. One that has only a type is written as that type alone.
 */
export type FilterField = { 
/**
 * Its type.
 */
type: FieldType, 
/**
 * Of keywords: upper and lower case are the same, by Unicode's full case folding. Payloads come back as they
 * were given.
 */
ignoreCase?: boolean, };

/**
 * Text to vector inside Headwater: which model reads which payload fields.
 */
export type Embed = { 
/**
 * Name of a model that the origin holds.
 */
model: string, 
/**
 * Payload fields, 1 to 64, in order; names with dots are paths. Arrays of strings are joined by ", ", the fields
 * by ": ". Where that makes no text, or one of which the model knows nothing, the point has no such vector.
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
 * What finds candidates; codes of a few bits where they suit the data when absent.
 */
coarse?: Coarse, 
/**
 * How codes lie in segments: for replicas that hold whole segments when absent.
 */
layout?: Layout, 
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
 * Language of the text, which decides how words are reduced to stems: an ISO 639-1 code such as `en`, or `none`,
 * which is what stands when absent.
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
 * The payload keys that are searched by words; names with dots are paths.
 */
text?: { [key in string]: TextField }, 
/**
 * The fields that filters, sort, facets and collapse may use: the type of each, or an object where there is more
 * to say.
 */
fields?: { [key in string]: FieldType | FilterField }, 
/**
 * Texts that mean the same: who types one of them finds the others too. The only part of a schema that may be
 * changed later.
 */
synonyms?: Synonym[], };

/**
 * One searchable thing.
 */
export type Point = { 
/**
 * 1 to 512 bytes without control characters, compared byte by byte; an upsert with a known id replaces the point
 * whole.
 */
id: string, 
/**
 * Vectors by name, as 32-bit floats. Any may be left out: the schema derives it by `embed`, or the point is not
 * found by it.
 */
vectors?: { [key in string]: Array<number> }, 
/**
 * At most 64 KiB as JSON; kept as it is given, but for white space and how strings are escaped.
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
 * Body of a delete: at most 10,000 ids. Those that no point has are no error, and the receipt does not count them.
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
 * Points written; of a delete, points that were there and are deleted now.
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
 * The version that a rollback went back to which had been interrupted, and which this publish has finished
 * first. Absent when there was none.
 */
finishedRollback?: number, 
/**
 * Milliseconds spent.
 */
tookMs: number, };

/**
 * What signs in a query's text mean.
 */
export type MatchSyntax = "words" | "simple";

/**
 * Which words a point must have.
 */
export type MatchMode = "any" | "all" | "phrase";

/**
 * Which words may be misspelt, and how much. An edit puts in, leaves out or replaces a character, or swaps two
 * neighbours.
 */
export type Typos = { 
/**
 * From how many characters on a word may have one edit: 2 to 255; 3 when absent. No word has more than 63.
 */
oneFrom?: number, 
/**
 * From how many on it may have two: `oneFrom` to 255; 6 when absent.
 */
twoFrom?: number, 
/**
 * How many first characters are right: up to 63. When absent, the first one, but that in words of five and more it
 * may be the one edit.
 */
firstLetters?: number, 
/**
 * Text fields in which nothing is misspelt.
 */
exceptFields?: Array<string>, 
/**
 * Words that are not misspelt, whatever their case and accents.
 */
exceptWords?: Array<string>, 
/**
 * Misspelt words count only when fewer points than this match without them.
 */
fewerThan?: number, 
/**
 * Words that are known are right: some point has them, their stem, or a form that they begin where they are
 * unfinished, in a field that is asked.
 */
onlyUnknown?: boolean, };

/**
 * In which order words are dropped.
 */
export type DropOrder = "last" | "frequent";

/**
 * Which words a point need not have, where too few points have all of them. They still count where they are.
 */
export type DropWords = { 
/**
 * Which word is dropped first.
 */
order?: DropOrder, 
/**
 * Words are dropped one by one until so many points match, or one word is left: 1 to 10,000; 1 when absent.
 */
until?: number, };

/**
 * Words to search for: a text, or these options.
 */
export type Match = { 
/**
 * The words.
 */
query: string, 
/**
 * What signs in it mean; nothing when absent.
 */
syntax?: MatchSyntax, 
/**
 * Text fields to search: names, or names with boosts instead of the schema's; all when absent.
 */
fields?: string[] | Record<string, number>, 
/**
 * How much it counts beside the query's other texts, above 0 and at most 1,000; 1 when absent.
 */
boost?: number, 
/**
 * Which of the words a point must have; any of them when absent.
 */
mode?: MatchMode, 
/**
 * The last word may be unfinished, unless something follows it: for searching as one types.
 */
prefix?: boolean, 
/**
 * Words may be misspelt: `true`, one edit from three letters on, two from six on; or how much.
 */
fuzzy?: boolean | Typos, 
/**
 * Of the words so many must be there, or such a share of them, as `"75%"`; goes with the mode `any`.
 */
minShouldMatch?: number | `${number}%`, 
/**
 * Words that need not be there where too few points have all; goes with the mode `all`.
 */
dropWords?: DropWords, 
/**
 * Texts that mean the same, instead of the schema's synonyms; `false` for none. The schema's when absent, or
 * `true`.
 */
synonyms?: boolean | Synonym[], };

/**
 * Ways to bring rankings together.
 */
export type FusionMethod = "weighted" | "rrf";

/**
 * How the rankings of a query with vectors and words become one.
 */
export type Fusion = { 
/**
 * The way; the one that measured better when absent.
 */
method?: FusionMethod, 
/**
 * How much all vectors count, 0 to 1, and the words the rest, where there are both. When absent 0.55, and up
 * to 0.8 beside a text of more than eight words that its fields ask for.
 */
vector?: number, };

/**
 * A range of numbers; of datetimes, milliseconds since 1970, which queries may write as RFC 3339 says.
 */
export type FacetRange = { 
/**
 * The least number in it; no end when absent.
 */
gte?: number | string, 
/**
 * The least number above it; no end when absent.
 */
lt?: number | string, };

/**
 * The order of values.
 */
export type FacetOrder = "count" | "value";

/**
 * Which numbers are counted together.
 */
export type Histogram = { 
/**
 * How wide a bucket is: a number above 0; of datetimes milliseconds, or "day", "month" or "year" in UTC.
 */
interval: number | "day" | "month" | "year", 
/**
 * Where one of the buckets begins; of days, months and years how many milliseconds after midnight. 0 when absent.
 */
offset?: number, };

/**
 * What to count of one field.
 */
export type Facet = { 
/**
 * How many values to name; 10 when absent.
 */
top?: number, 
/**
 * Which of the values are named, and in which order; those that most points have when absent.
 */
order?: FacetOrder, 
/**
 * Of a keyword field: only values that begin with this, whatever the case.
 */
prefix?: string, 
/**
 * Of a keyword field: only values that have this in them, whatever the case.
 */
contains?: string, 
/**
 * Of a number or datetime field: ranges to count instead of values.
 */
ranges?: Array<FacetRange>, 
/**
 * Of a number or datetime field: buckets to count instead of values.
 */
histogram?: Histogram, 
/**
 * Of a number or datetime field: says the least, the greatest, the sum, the mean and how many there are.
 */
stats?: boolean, 
/**
 * Counts as if the filter had no condition on this field: of those that all have to hold, which are the filter's
 * members and, at any depth, those of its `$and`s, the ones that ask about this field alone are left out. So a
 * list to choose from keeps its counts.
 */
disjunctive?: boolean, };

/**
 * A value, and how many points have it.
 */
export type ValueCount = { 
/**
 * The value; of a datetime, milliseconds since 1970.
 */
value: Scalar, 
/**
 * Points that have it.
 */
count: number, };

/**
 * Numbers that were counted together.
 */
export type Bucket = { 
/**
 * The least number that counts here, whether or not there is it; of datetimes, milliseconds since 1970.
 */
from: number, 
/**
 * Points that have such a number.
 */
count: number, };

/**
 * What numbers come to; of datetimes, milliseconds since 1970. Equal values of one point count once.
 */
export type FacetStats = { 
/**
 * How many values there are.
 */
count: number, 
/**
 * The least; absent where there is none.
 */
min?: number, 
/**
 * The greatest; absent where there is none.
 */
max?: number, 
/**
 * The sum, rounded once, so that no order of adding shows; absent where no 64-bit float reaches it.
 */
sum?: number, 
/**
 * The sum by the count; absent where there is no value or no sum.
 */
mean?: number, };

/**
 * What was counted of one field.
 */
export type FacetCounts = { 
/**
 * Values with how many points have them.
 */
values: Array<ValueCount>, 
/**
 * As many counts as the query has ranges, in their order.
 */
ranges: Array<number>, 
/**
 * Points without the field.
 */
missing: number, 
/**
 * Where the query asks for a histogram: the buckets that have points, in their order.
 */
histogram?: Array<Bucket>, 
/**
 * Where the query asks for them.
 */
stats?: FacetStats, };

/**
 * The first hits in another order: each as good as it can be without being like those before it. Maximal marginal
 * relevance (Carbonell and Goldstein, SIGIR 1998).
 */
export type Diversity = { 
/**
 * How much it counts that a hit is unlike those before it, 0 to 1, and its score the rest; 0.5 when absent.
 */
weight?: number, 
/**
 * How many of the first hits are put in another order, 1 to 1,000; 100 when absent.
 */
candidates?: number, 
/**
 * By which of the schema's vectors; when absent the one that the query asks by, or the only one.
 */
using?: string, };

/**
 * Points by whose vectors to search: near to the mean of some, away from that of others.
 */
export type Like = { 
/**
 * Ids of points that hits are to be like, at least one; with those of `not` at most 100.
 */
ids: Array<string>, 
/**
 * Ids of points that hits are not to be like.
 */
not?: Array<string>, };

/**
 * What is near to what: one of `vector`, `text` and `like`.
 */
export type VectorQuery = { 
/**
 * A vector of the declared dimension.
 */
vector?: Array<number>, 
/**
 * A text, embedded by the model that the schema names for the vector.
 */
text?: string, 
/**
 * Points whose vectors it is made of: an id, a list of ids, or `ids` and `not`; these points are no hits.
 */
like?: string | string[] | Like, 
/**
 * How much it counts beside the query's other vectors, above 0 and at most 1,000; 1 when absent.
 */
weight?: number, };

/**
 * A field whose values hits do not share: its name, or this.
 */
export type Collapse = { 
/**
 * The field.
 */
field: string, 
/**
 * How many hits of each value stand in the group inside its first hit, 1 to 10; 3 when absent.
 */
hits?: number, };

/**
 * Which fragments of texts a hit shows: `true`, or this.
 */
export type Snippets = { 
/**
 * Text fields; those that `match` searches when absent, or all.
 */
fields?: Array<string>, 
/**
 * The length of a fragment in UTF-16 units, at most: 40 to 1,000; 160 when absent.
 */
chars?: number, 
/**
 * Fragments of each field, at most: 1 to 10; 1 when absent.
 */
count?: number, };

/**
 * A search: by vectors, by words (`match`), or by both; by neither, all points that pass the filter.
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
 * Points whose vectors it is made of: an id, a list of ids, or `ids` and `not`; these points are no hits.
 */
like?: string | string[] | Like, 
/**
 * Which of the schema's vectors; may be left out when there is one.
 */
using?: string, 
/**
 * Several vectors by name, instead of one.
 */
vectors?: { [key in string]: VectorQuery }, 
/**
 * Words to search for: a text, or options beside it, or several of these.
 */
match?: string | Match | (string | Match)[], 
/**
 * How vectors and words become one ranking.
 */
fusion?: Fusion, 
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
 * Goes on behind a page of one published version, however far that is: `"start"`, then the `next` of each answer.
 * What is not published yet does not count.
 */
after?: string, 
/**
 * Sorts by fields instead of by score: all that has the words; of vectors, the `efSearch` nearest.
 */
sort?: Sort | Sort[], 
/**
 * Of the hits with the same value of this field only the first one stays; with an object, the first ones stand
 * inside it.
 */
collapse?: string | Collapse, 
/**
 * What multiplies scores: numbers, nearness, filters; at most 16.
 */
boosts?: Boost[], 
/**
 * Points that stand at places of their own among the hits, if they pass the filter; at most 100.
 */
pins?: Pin[], 
/**
 * Puts the first hits in an order in which they differ.
 */
diversity?: Diversity, 
/**
 * Paths of payload fields to return, such as `address.city`; all fields when absent.
 */
fields?: Array<string>, 
/**
 * Compare with every point instead of scanning or walking the graph.
 */
exact?: boolean, 
/**
 * Candidates that a search keeps, and with them how much it looks at: more is slower and finds more. For later
 * pages it keeps more by itself.
 */
efSearch?: number, 
/**
 * How many candidates by coarse codes are compared by finer ones, as a multiple of what the segment finds right; 1
 * to 100.
 */
oversampling?: number, 
/**
 * Hits below this score are left out.
 */
scoreThreshold?: number, 
/**
 * Counts all points that are found, whatever that takes: the answer's `total` is exact then.
 */
total?: boolean, 
/**
 * What to count over all points that are found: names of fields, or what to count of each.
 */
facets?: string[] | Record<string, Facet>, 
/**
 * Says of each hit where the words stand.
 */
highlight?: boolean, 
/**
 * Gives each hit the fragments of its texts in which the words stand best.
 */
snippets?: boolean | Snippets, 
/**
 * Says of each hit what vectors and words gave it, and how long each stage took.
 */
explain?: boolean, 
/**
 * Which version: its number, or a time. What is not published yet does not count then.
 */
asOf?: number | string, 
/**
 * An operation that the answer must have seen: the `lsn` of a write's receipt.
 */
minLsn?: number, 
/**
 * Milliseconds after which the search ends with what it has found.
 */
timeoutMs?: number, 
/**
 * Points that the search may look at before it ends with what it has found.
 */
budget?: number, };

/**
 * Who computed an answer.
 */
export type AnsweredBy = "origin" | "edge" | "browser" | "node";

/**
 * How one segment was searched.
 */
export type Strategy = "exact" | "scan" | "graph" | "postings" | "empty";

/**
 * What the builder of a segment measured on a sample of a vector's points, and so decided. Shares of neighbours are of
 * the ten nearest to each sampled point.
 */
export type Built = { 
/**
 * Points that stood in for queries.
 */
sampled: number, 
/**
 * Clusters; 0 where codes of a few bits do not suit the data, or were not asked for.
 */
clusters: number, 
/**
 * Codes in them: more than there are points where points stand in further clusters.
 */
codes: number, 
/**
 * Bits of a code for each dimension; 0 without clusters.
 */
bits: number, 
/**
 * Codes that a search scans until it has met 98.5 % of the neighbours, if each point stands in its own cluster
 * alone.
 */
scannedAlone: number, 
/**
 * The same if points stand in further clusters as well.
 */
scannedWithFurther: number, 
/**
 * Share of the neighbours that are found so, by codes of these bits.
 */
scanRecall: number, 
/**
 * Whether there is a graph.
 */
hasGraph: boolean, 
/**
 * Share of the neighbours that a walk along it finds; 0 where none was built to try.
 */
graphRecall: number, };

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
 * Points that are live and pass the filter; of a search by vector those that have it.
 */
matches: number, 
/**
 * How many were expected to pass, before looking.
 */
expected: number, 
/**
 * Codes that were scanned; a point has one in each cluster in which it stands.
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
scratchBytes: number, 
/**
 * Whether its points are not published: those of a sealed segment, or those that are in none.
 */
unpublished?: boolean, 
/**
 * With `explain`, of a search by vector: what was measured when the segment was built.
 */
built?: Built, };

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
 * A range of a text, in UTF-16 units: what `slice` of JavaScript takes.
 */
export type TextRange = { 
/**
 * Where it begins.
 */
start: number, 
/**
 * Where it ends.
 */
end: number, };

/**
 * A fragment of a text.
 */
export type Snippet = { 
/**
 * Which text of an array; 0 where the field is one text.
 */
item: number, 
/**
 * Where it begins in that text, in UTF-16 units.
 */
start: number, 
/**
 * The fragment, as it stands in the text: nothing in it is escaped.
 */
text: string, 
/**
 * Where the words stand in the fragment.
 */
highlights: Array<TextRange>, 
/**
 * Whether something of the text stands before it.
 */
cutBefore: boolean, 
/**
 * Whether something of the text stands behind it.
 */
cutAfter: boolean, };

/**
 * What one part of a query gave a hit.
 */
export type Part = { 
/**
 * The vector that the query asked by.
 */
vector?: string, 
/**
 * Which of the query's texts, from 0 on.
 */
match?: number, 
/**
 * Its score; absent where the hit has none of the words.
 */
score?: number, 
/**
 * What it adds to the hit's score.
 */
adds: number, };

/**
 * Microseconds that the stages of a search took.
 */
export type Stages = { 
/**
 * Finding what passes the filter.
 */
filter: number, 
/**
 * Making query vectors, of texts by a model, and looking up the query's words.
 */
prepare: number, 
/**
 * Searching by vectors.
 */
vectors: number, 
/**
 * Searching by words.
 */
words: number, 
/**
 * Bringing rankings together, sorting, collapsing.
 */
rank: number, 
/**
 * Counting facets and the total.
 */
facets: number, 
/**
 * Reading payloads and finding highlights.
 */
hits: number, };

/**
 * What ended a search before it was through.
 */
export type Ended = "timeout" | "budget";

/**
 * How a number that is told stands to the true one.
 */
export type Relation = "exact" | "atLeast";

/**
 * A number of points.
 */
export type Total = { 
/**
 * So many.
 */
value: number, 
/**
 * Whether there are more.
 */
relation: Relation, };

/**
 * The hits that share a value, inside the first of them.
 */
export type Group = { 
/**
 * The value, as it is compared: where its field ignores case, without that; of a datetime, milliseconds since
 * 1970. Absent where the point has none: such a one is a group by itself.
 */
value?: Scalar, 
/**
 * How many points that the query finds have the value.
 */
count: Total, 
/**
 * The first ones of them, in the order of hits: also the hit in which this stands. Those inside have no groups.
 */
hits: Array<Hit>, };

/**
 * One found point.
 */
export type Hit = { 
/**
 * The point's id.
 */
id: string, 
/**
 * Higher is better; what it means is the metric's, of words BM25's, of several parts the fusion's; 0 where nothing
 * was searched for.
 */
score: number, 
/**
 * Whether it stands here because the query pins it; its score is 0 then.
 */
pinned?: boolean, 
/**
 * Where the words stand, by text field, when the query asks for `highlight`.
 */
highlights?: { [key in string]: Array<Highlight> }, 
/**
 * Fragments of its texts, the best first, by text field, when the query asks for `snippets`.
 */
snippets?: { [key in string]: Array<Snippet> }, 
/**
 * What each vector and text of the query gave, when it asks to `explain`.
 */
parts?: Array<Part>, 
/**
 * The hits that share its value, when the query's `collapse` is an object.
 */
group?: Group, 
/**
 * The payload fields asked for.
 */
payload: Record<string, unknown>, };

/**
 * What a search found: hits by score descending, then by id, unless the query sorts.
 */
export type Answer = { 
/**
 * The hits.
 */
hits: Array<Hit>, 
/**
 * How many points the query finds: the hits of all pages put together, as if nothing were collapsed.
 */
total: Total, 
/**
 * What to give as `after` for the page behind this one, when the query gave `after` and there is one.
 */
next?: string, 
/**
 * What was counted, when the query asks for `facets`.
 */
facets?: { [key in string]: FacetCounts }, 
/**
 * Why the search ended before it was through: what it found until then is here, and there may be better hits.
 */
ended?: Ended, 
/**
 * How long each stage took, when the query asks to `explain` and the host has such a clock.
 */
stages?: Stages, 
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
 * Queries that are answered one after the other; each answer says which version and which operation it has seen.
 */
export type SearchBatch = { 
/**
 * The queries: 1 to 100.
 */
queries: Array<Query>, };

/**
 * The answers to a batch.
 */
export type BatchAnswer = { 
/**
 * One for each query, in the same order.
 */
answers: Array<Answer>, };

/**
 * How hits of several searches become one ranking.
 */
export type AcrossMethod = "score" | "rrf";

/**
 * What is searched for in one collection.
 */
export type AcrossSearch = { 
/**
 * Name of the collection.
 */
collection: string, 
/**
 * The query, ranked by scores: without `topK`, `offset`, `after`, `sort` and `pins`.
 */
query: Query, 
/**
 * How much its hits count, above 0 and at most 1,000; 1 when absent.
 */
weight?: number, };

/**
 * Searches of several collections whose hits become one ranking.
 */
export type Across = { 
/**
 * What is searched for where: 1 to 32 searches, several of them in one collection as well.
 */
searches: Array<AcrossSearch>, 
/**
 * How they become one ranking; by score when absent.
 */
method?: AcrossMethod, 
/**
 * How many hits in all, 1 to 10,000; 10 when absent.
 */
topK?: number, 
/**
 * Hits to leave out at the beginning: with `topK`, at most 10,000.
 */
offset?: number, };

/**
 * A hit among those of several searches.
 */
export type AcrossHit = { 
/**
 * Which of the searches found it, from 0 on.
 */
search: number, 
/**
 * Name of the collection.
 */
collection: string, 
/**
 * What it is ranked by here.
 */
score: number, 
/**
 * The hit, with its score among those of its search.
 */
hit: Hit, };

/**
 * What searches of several collections found.
 */
export type AcrossAnswer = { 
/**
 * The hits: by score descending, then in the order of the searches, then as each of them has them.
 */
hits: Array<AcrossHit>, 
/**
 * How many points all searches find; a point that several find counts as often.
 */
total: Total, 
/**
 * What each search says besides its hits, which stand above.
 */
answers: Array<Answer>, };

/**
 * A request for completions.
 */
export type Suggest = { 
/**
 * What has been typed.
 */
query: string, 
/**
 * Text fields whose words complete it; all when absent.
 */
fields?: Array<string>, 
/**
 * Only points that pass count.
 */
filter?: Filter, 
/**
 * How many completions, 1 to 100; 5 when absent.
 */
topK?: number, };

/**
 * A text that finds something.
 */
export type Suggestion = { 
/**
 * The text.
 */
text: string, 
/**
 * Points that have all of its words: the one that was completed or corrected as it stands, others by stem.
 */
count: number, };

/**
 * What completes a text.
 */
export type Suggestions = { 
/**
 * What was typed with its last word finished; those that most points have first.
 */
suggestions: Array<Suggestion>, 
/**
 * Where no point has all the words: the text with the nearest words that some point has.
 */
didYouMean?: Suggestion, 
/**
 * The version of the snapshot that was asked; 0 before the first publish.
 */
version: number, 
/**
 * The last operation that the answer has seen.
 */
lsn: number, 
/**
 * Microseconds from the parsed request to the answer, where the host has such a clock.
 */
tookUs: number, 
/**
 * Who computed it.
 */
answeredBy: AnsweredBy, };

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
 * Bytes that these changes keep in memory here. A server takes no more than so many; see `pending_full`.
 */
pendingBytes: number, 
/**
 * The version that a rollback goes back to which has not ended: it is under way, or was interrupted, and then
 * the next publish finishes it. Absent when there is none.
 */
unfinishedRollback?: number, 
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
 * What a publish is doing, in the order in which it comes. What a schema does not ask for is left out; with several
 * vectors, what is between clusters and graph comes once for each.
 */
export type PublishPhase = "waiting" | "reading" | "clusters" | "codes" | "scan" | "graph" | "fields" | "words" | "payloads" | "writing" | "signing" | "opening" | "cleaning";

/**
 * How far a publish is.
 */
export type PublishProgress = { 
/**
 * Whether one is under way.
 */
publishing: boolean, 
/**
 * Whether nobody asked for it: the server publishes by itself when much is pending.
 */
automatic: boolean, 
/**
 * What it is doing; `null` when none is under way.
 */
phase: PublishPhase | null, 
/**
 * Steps of this phase that are done.
 */
done: number, 
/**
 * Steps of this phase; 0 where that is not known.
 */
total: number, 
/**
 * Milliseconds since this phase began.
 */
phaseMs: number, 
/**
 * What keeps it waiting, when that is the server's store; absent when nothing does.
 */
waitsFor?: string, 
/**
 * Why the last automatic publish failed; `null` when it did not. It is tried again.
 */
lastError: Problem | null, };

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
 * Bytes of all its blobs.
 */
bytes: number, 
/**
 * Bytes of it that are here: in memory, or, while it fills up in the background, of blobs that are kept whole,
 * whichever are more.
 */
heldBytes: number, 
/**
 * Whether all of it is here, so that it needs its source for newer versions alone.
 */
whole: boolean, 
/**
 * Whether it is kept on disk. Where storage is denied, absent or full the replica answers all the same and fetches
 * again when it is opened anew; `lastError` says why.
 */
kept: boolean, 
/**
 * When a sync last succeeded, in milliseconds since 1970; `null` when it never has since opening.
 */
lastSyncMs: number | null, 
/**
 * When the head of that version ends, in milliseconds since 1970; `null` when it does not.
 */
expiresMs: number | null, 
/**
 * Why the last sync failed; or, with the code `head_expired`, that what is served has expired; or why it is not
 * kept.
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
export type Phase = "head" | "manifest" | "blobs" | "verify" | "open" | "ready" | "fill";

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
