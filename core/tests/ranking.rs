//! The engine answers as `docs/ranking.md` defines: random collections and queries, answered by it and by a naive twin.
//!
//! | file | job |
//! | --- | --- |
//! | `texts` | the words of points |
//! | `simple` | texts of queries with quotes and minus |
//! | `synonyms` | the texts for which the text of a query stands |
//! | `typed` | the words of queries, and what stands for them |
//! | `typos` | how a word may be misspelt |
//! | `words` | scores of words, and which points match |
//! | `fields` | filters, orders, facets |
//! | `diverse` | hits that differ |
//! | `rings` | several rankings become one |
//! | `twin` | a collection, of which every point is looked at |
//! | `host` | the engine, with as plain points what it was given |
//! | `compare` | one query, answered by both |
//! | `collections`, `queries` | random ones |
//! | `edges` | the limits that the definition names |
//! | `approximate` | pages of searches that do not look at every point |

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail by panicking")]

mod ranking {
    mod approximate;
    pub(crate) mod collections;
    pub(crate) mod compare;
    mod diverse;
    mod edges;
    mod fields;
    pub(crate) mod host;
    pub(crate) mod queries;
    mod rings;
    mod simple;
    mod synonyms;
    mod texts;
    mod twin;
    mod typed;
    mod typos;
    mod words;
}

use std::fmt;
use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use ranking::collections::{Layout, plain_point, point, schema};
use ranking::compare::{compare, compare_highlights, compare_pages};
use ranking::host::Host;
use ranking::queries::{plain_query, query};

/// A schema, points, what some of them were before, and queries.
struct Case {
    schema: Value,
    points: Vec<Value>,
    others: Vec<Value>,
    queries: Vec<Value>,
}

/// As JSON, to be asked again.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nschema {}", self.schema)?;
        self.points.iter().try_for_each(|point| writeln!(f, "point {point}"))?;
        self.others.iter().try_for_each(|point| writeln!(f, "other {point}"))?;
        self.queries.iter().try_for_each(|query| writeln!(f, "query {query}"))
    }
}

fn cases(points: Range<usize>) -> impl Strategy<Value = Case> {
    schema().prop_flat_map(move |schema| {
        let queries = vec(query(&schema), 1..6);
        let parts = (vec(point(), points.clone()), vec(point(), 0..5), queries);
        parts.prop_map(move |(points, others, queries)| Case { schema: schema.clone(), points, others, queries })
    })
}

/// Few texts, which many points have, and which are typed.
fn plain_cases() -> impl Strategy<Value = Case> {
    let parts = (schema(), vec(plain_point(), 4..24), vec(plain_point(), 0..5), vec(plain_query(), 1..4));
    parts.prop_map(|(schema, points, others, queries)| Case { schema, points, others, queries })
}

/// Collections of more points than a ring has.
fn large_cases() -> impl Strategy<Value = (Case, Layout)> {
    let layouts = [Layout::OneSegment, Layout::Several, Layout::UnpublishedOverPublished, Layout::SealedOverPublished];
    let layout = select(layouts.to_vec());
    (cases(120..460), layout)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, max_shrink_iters: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn however_points_came_to_be_they_are_ranked_as_defined(case in cases(0..16)) {
        for layout in Layout::ALL {
            let host = layout.build(&case.schema, &case.points, &case.others);
            case.queries.iter().for_each(|query| compare(&host, query));
            if matches!(layout, Layout::UnpublishedOverPublished | Layout::SealedOverPublished) {
                case.queries.iter().for_each(|query| compare(&host, &as_of(query, host.version())));
            }
        }
    }

    /// Whatever each segment knows of the least score that counts: it is that of a whole text, which others have too.
    #[test]
    fn of_many_that_are_equally_good_the_first_are_found(case in plain_cases(), size in 1..5usize) {
        for layout in Layout::ALL {
            let host = layout.build(&case.schema, &case.points, &case.others);
            for query in &case.queries {
                compare(&host, query);
                compare_pages(&host, query, size);
            }
        }
    }

    /// To the bit: it shows nowhere when points are sealed.
    #[test]
    fn sealing_changes_no_answer(case in cases(0..24)) {
        for layout in [Layout::Unpublished, Layout::UnpublishedOverPublished, Layout::Sealed, Layout::SealedOverPublished] {
            let mut host = layout.build(&case.schema, &case.points, &case.others);
            let ask = |host: &Host, query: &Value| {
                host.try_to_ask(&exact(query)).map(|answer| json!([answer.hits, answer.facets])).map_err(|e| e.code())
            };
            let before: Vec<_> = case.queries.iter().map(|query| ask(&host, query)).collect();
            host.seal(|_| ());
            let after: Vec<_> = case.queries.iter().map(|query| ask(&host, query)).collect();
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn words_are_highlighted_as_defined(case in cases(1..8)) {
        for layout in [Layout::Unpublished, Layout::Sealed, Layout::OneSegment] {
            let host = layout.build(&case.schema, &case.points, &case.others);
            case.queries.iter().for_each(|query| compare_highlights(&host, query));
        }
    }

    #[test]
    fn pages_put_together_are_one_page(case in cases(0..24), size in select(&[1, 3, 10][..])) {
        for layout in Layout::ALL {
            let host = layout.build(&case.schema, &case.points, &case.others);
            case.queries.iter().for_each(|query| compare_pages(&host, query, size));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn rings_are_ranked_as_defined((case, layout) in large_cases()) {
        let host = layout.build(&case.schema, &case.points, &case.others);
        case.queries.iter().for_each(|query| compare(&host, &exact(query)));
    }

    #[test]
    fn pages_of_several_rings_are_one_page((case, layout) in large_cases(), size in select(&[3, 10, 77][..])) {
        let host = layout.build(&coded(&case.schema), &case.points, &case.others);
        for query in &case.queries {
            compare_pages(&host, query, size);
            compare_pages(&host, &exact(query), size);
        }
    }
}

/// A schema whose segments know vectors by their codes alone.
fn coded(schema: &Value) -> Value {
    let mut coded = schema.clone();
    for (_, vector) in coded["vectors"].as_object_mut().unwrap() {
        vector.as_object_mut().unwrap().remove("keep");
        vector["codes"] = json!("u4");
    }
    coded
}

/// The query of what is published.
fn as_of(query: &Value, version: u64) -> Value {
    let mut published = query.clone();
    published["asOf"] = json!(version);
    published
}

/// The query with the word that has every point compared, because what else is found is not defined.
fn exact(query: &Value) -> Value {
    let mut exact = query.clone();
    exact["exact"] = json!(true);
    exact
}
