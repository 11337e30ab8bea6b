//! The words of the API, each type written once: what JSON over HTTP, the CLI, JavaScript and the
//! core exchange. TypeScript and OpenAPI descriptions are generated from these definitions.
//!
//! | file | holds |
//! | --- | --- |
//! | `schema` | what a collection declares: vectors, filterable fields |
//! | `vector_field` | what a schema says of one vector |
//! | `by_name` | things by name, wherever the API has them |
//! | `objects_only` | structs that are read from objects, and not from lists |
//! | `point` | an id with vectors and payload, batches of them, receipts of writes |
//! | `point_reader` | how a point is read, and what is said of one that is none |
//! | `payload` | what a point carries besides vectors, as a tree and as text |
//! | `filter` | the filter language and its parser |
//! | `filter_field` | what a schema says of one field that is compared |
//! | `text_field`, `language` | what a schema says of one text field |
//! | `geo`, `datetime` | places and areas, points in time |
//! | `query` | a search |
//! | `build` | queries and filters made in Rust |
//! | `cursor` | where a page of it ends and the next one begins |
//! | `batch`, `across` | several at once, of one collection or of several |
//! | `vector_query`, `like` | what a vector is searched for |
//! | `sort` | the order of hits |
//! | `as_of` | the version they are of |
//! | `matching`, `typos` | its words, and how misspelt they may be |
//! | `synonyms` | texts that mean the same |
//! | `diversity` | how hits are made to differ |
//! | `fusion` | how vectors and words become one ranking |
//! | `boost` | what multiplies scores, and which points come first |
//! | `facet` | what to count, and what was counted |
//! | `histogram` | numbers and datetimes counted by steps |
//! | `answer` | what it found |
//! | `problem` | an error as an RFC 9457 document |
//! | `status` | what a collection or replica says of itself |
//! | `publishing` | how far a publish is |

mod across;
mod answer;
mod as_of;
mod batch;
mod boost;
mod build;
mod by_name;
mod collapse;
mod cursor;
pub mod datetime;
mod diversity;
mod facet;
mod filter;
mod filter_field;
mod fusion;
pub mod geo;
mod histogram;
mod language;
mod like;
mod matching;
mod objects_only;
mod payload;
mod point;
mod point_reader;
mod problem;
mod publishing;
mod query;
mod schema;
mod snippet;
mod sort;
mod status;
mod suggest;
mod synonyms;
mod text_field;
mod typos;
mod vector_field;
mod vector_query;

pub use across::{Across, AcrossAnswer, AcrossHit, AcrossMethod, AcrossSearch};
pub use answer::{
    Answer, AnsweredBy, Built, Ended, Group, Highlight, Hit, Part, Relation, SegmentPlan, Stages, Strategy, Total,
};
pub use as_of::AsOf;
pub use batch::{BatchAnswer, SearchBatch};
#[cfg(feature = "typescript")]
pub use boost::{BOOST_TYPESCRIPT, PIN_TYPESCRIPT};
pub use boost::{Boost, BoostBy, Decay, From, Pin};
pub use by_name::ByName;
pub use collapse::Collapse;
pub use cursor::{After, Cursor};
pub use diversity::Diversity;
pub use facet::{Facet, FacetCounts, FacetOrder, FacetRange, FacetStats, ValueCount};
#[cfg(feature = "typescript")]
pub use filter::FILTER_TYPESCRIPT;
pub use filter::{Condition, Filter, IdCondition, Scalar};
pub use filter_field::{FieldType, FilterField};
pub use fusion::{Fusion, FusionMethod};
pub use geo::{GeoArea, GeoBox, GeoPoint};
pub use histogram::{Bucket, Histogram, Interval};
pub use language::Language;
pub use like::Like;
pub use matching::{AtLeast, DropOrder, DropWords, Match, MatchMode, MatchSyntax};
pub use objects_only::FromObject;
pub use payload::{Payload, PayloadText, values_at};
pub use point::{DeleteBatch, Point, PointBatch, PublishReceipt, StoredPoint, WriteReceipt};
pub use problem::Problem;
pub use publishing::{PublishPhase, PublishProgress};
pub use query::Query;
pub use schema::Schema;
pub use snippet::{Snippet, Snippets, TextRange};
#[cfg(feature = "typescript")]
pub use sort::SORT_TYPESCRIPT;
pub use sort::Sort;
pub use status::{CollectionStatus, Phase, Progress, ReplicaState, ReplicaStatus, SyncReport};
pub use suggest::{Suggest, Suggestion, Suggestions};
#[cfg(feature = "typescript")]
pub use synonyms::SYNONYM_TYPESCRIPT;
pub use synonyms::Synonym;
pub use text_field::{TextField, unknown_language};
pub use typos::Typos;
pub use vector_field::{Coarse, Embed, GraphOptions, Layout, Metric, Precision, Tier, VectorField};
pub use vector_query::{Target, VectorQuery};
