//! The words of the API, each type written once: what JSON over HTTP, the CLI, JavaScript and the
//! core exchange. TypeScript and OpenAPI descriptions are generated from these definitions.
//!
//! | file | holds |
//! | --- | --- |
//! | `schema` | what a collection declares: vectors, filterable fields |
//! | `vector_field` | what a schema says of one vector |
//! | `point` | an id with vectors and payload, batches of them, receipts of writes |
//! | `payload` | what a point carries besides vectors, as a tree and as text |
//! | `filter` | the filter language and its parser |
//! | `text_field` | what a schema says of one text field |
//! | `query` | a search |
//! | `matching` | its words, and how they are fused with a vector |
//! | `facet` | what to count, and what was counted |
//! | `answer` | what it found |
//! | `problem` | an error as an RFC 9457 document |
//! | `status` | what a collection or replica says of itself |

mod answer;
mod facet;
mod filter;
mod matching;
mod payload;
mod point;
mod problem;
mod query;
mod schema;
mod status;
mod text_field;
mod vector_field;

pub use answer::{Answer, AnsweredBy, Highlight, Hit, Parts, SegmentPlan, Strategy};
pub use facet::{Facet, FacetCounts, FacetRange, ValueCount};
#[cfg(feature = "typescript")]
pub use filter::FILTER_TYPESCRIPT;
pub use filter::{Condition, Filter, Scalar};
pub use matching::{Fusion, FusionMethod, Match, MatchMode};
pub use payload::{Payload, PayloadText};
pub use point::{DeleteBatch, Point, PointBatch, PublishReceipt, StoredPoint, WriteReceipt};
pub use problem::Problem;
pub use query::Query;
pub use schema::{FieldType, Schema};
pub use status::{CollectionStatus, Phase, Progress, ReplicaState, ReplicaStatus, SyncReport};
pub use text_field::TextField;
pub use vector_field::{Coarse, Embed, GraphOptions, Metric, Precision, Tier, VectorField};
