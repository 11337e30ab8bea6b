//! The API's types as TypeScript, generated from the Rust definitions so that each is written once.

use alloc::string::{String, ToString as _};

use ts_rs::{Config, TS};

use crate::error::Code;
use crate::model::{
    Across, AcrossAnswer, AcrossHit, AcrossMethod, AcrossSearch, Answer, AnsweredBy, BOOST_TYPESCRIPT, BatchAnswer,
    Bucket, Built, Coarse, Collapse, CollectionStatus, DeleteBatch, Diversity, DropOrder, DropWords, Embed, Ended,
    FILTER_TYPESCRIPT, Facet, FacetCounts, FacetOrder, FacetRange, FacetStats, FieldType, FilterField, Fusion,
    FusionMethod, GraphOptions, Group, Highlight, Histogram, Hit, Layout, Like, Match, MatchMode, MatchSyntax, Metric,
    PIN_TYPESCRIPT, Part, Phase, Point, PointBatch, Precision, Problem, Progress, PublishPhase, PublishProgress,
    PublishReceipt, Query, Relation, ReplicaState, ReplicaStatus, SORT_TYPESCRIPT, SYNONYM_TYPESCRIPT, Schema,
    SearchBatch, SegmentPlan, Snippet, Snippets, Stages, Strategy, Suggest, Suggestion, Suggestions, SyncReport,
    TextField, TextRange, Tier, Total, Typos, ValueCount, VectorField, VectorQuery, WriteReceipt,
};

/// One TypeScript module that declares every type of the API.
#[must_use]
pub fn definitions() -> String {
    let config = Config::default();
    let mut out = String::from("// Generated from core/model/src/model by `cargo xtask gen`. Do not edit.\n\n");
    out.push_str(FILTER_TYPESCRIPT);
    out.push_str(SORT_TYPESCRIPT);
    out.push_str(BOOST_TYPESCRIPT);
    out.push_str(PIN_TYPESCRIPT);
    out.push_str(SYNONYM_TYPESCRIPT);
    macro_rules! declare {
        ($($kind:ty),+ $(,)?) => {
            $(declare::<$kind>(&config, &mut out);)+
        };
    }
    declare!(
        Code,
        Problem,
        Metric,
        Coarse,
        Layout,
        Tier,
        Precision,
        FieldType,
        FilterField,
        Embed,
        GraphOptions,
        VectorField,
        TextField,
        Schema,
        Point,
        PointBatch,
        DeleteBatch,
        WriteReceipt,
        PublishReceipt,
        MatchSyntax,
        MatchMode,
        Typos,
        DropOrder,
        DropWords,
        Match,
        FusionMethod,
        Fusion,
        FacetRange,
        FacetOrder,
        Histogram,
        Facet,
        ValueCount,
        Bucket,
        FacetStats,
        FacetCounts,
        Diversity,
        Like,
        VectorQuery,
        Collapse,
        Snippets,
        Query,
        AnsweredBy,
        Strategy,
        Built,
        SegmentPlan,
        Highlight,
        TextRange,
        Snippet,
        Part,
        Stages,
        Ended,
        Relation,
        Total,
        Group,
        Hit,
        Answer,
        SearchBatch,
        BatchAnswer,
        AcrossMethod,
        AcrossSearch,
        Across,
        AcrossHit,
        AcrossAnswer,
        Suggest,
        Suggestion,
        Suggestions,
        CollectionStatus,
        PublishPhase,
        PublishProgress,
        ReplicaState,
        ReplicaStatus,
        SyncReport,
        Phase,
        Progress,
    );
    out
}

fn declare<T: TS>(config: &Config, out: &mut String) {
    out.push('\n');
    if let Some(docs) = T::docs() {
        out.push_str(docs.trim_end());
        out.push('\n');
    }
    out.push_str("export ");
    out.push_str(&T::decl(config).to_string());
    out.push('\n');
}
