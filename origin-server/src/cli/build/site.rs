//! A build of pages, from its beginning to its summary.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

use headwater_core::error::{Code, Error, Result};
use headwater_core::model::{ByName, PayloadText, Point};
use headwater_site::{Files, Options as Reading, Page, Roots, Section, Walk};
use serde::Serialize;
use serde_json::Value;

use super::extract::{Extracted, Remark, extract};
use super::fill::{batches, fill};
use super::loader::{LOADER, Listed, of_site};
use super::model::Model;
use super::places::{Places, invalid};
use super::runtime::{Runtime, compressed};
use super::spool::{About, Spool};
use super::summary::{FirstAnswer, OfLanguage, Summary, bytes_in};
use super::{Options, export, first_answer, index};
use crate::cli::meter::Meter;
use crate::clock;
use crate::collection::blocking;
use crate::server::Origin;

/// A section as it is stored.
#[derive(Serialize)]
struct Payload<'a> {
    page: &'a str,
    url: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<&'a str>,
    trail: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    names: &'a [String],
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    weighted: &'a str,
    lang: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    meta: &'a BTreeMap<String, String>,
    #[serde(flatten)]
    values: BTreeMap<&'a str, Value>,
}

/// What is read, with what was found.
struct Pages {
    languages: BTreeMap<String, About>,
    extracted: Extracted,
    /// Its files go with it.
    _spool: Spool,
}

/// Builds what the pages are now.
pub(super) async fn build(
    options: &Options,
    places: &Places,
    origin: &Arc<Origin>,
    runtime: &Arc<Runtime>,
) -> Result<Summary> {
    let started = Instant::now();
    // Beside the rest: it compresses the engine.
    let of_scripts = Arc::clone(runtime);
    let scripts = tokio::task::spawn_blocking(move || of_scripts.first_bytes());
    let mut pages = read(options, places).await?;
    if pages.languages.is_empty() {
        return Err(nothing_found(places, &pages.extracted));
    }
    let model = Model::add(origin, options.model.as_deref(), None).await?;
    let mut summary = Summary::new(&places.output);
    let (mut listed, mut facets, mut titles) = (Vec::new(), BTreeSet::new(), Vec::new());
    let (mut replaced, mut is_changed) = (Vec::new(), false);
    for (language, about) in &pages.languages {
        let (schema, left_out) = index::schema(language, about, model.as_ref())?;
        pages.extracted.fields_left_out(&left_out);
        facets.extend(about.filters.iter().filter(|name| schema.fields.contains_key(*name)).cloned());
        let by_meaning = !schema.vectors.is_empty();
        let stem = format!("{language}{}", places.suffix);
        let found = index::open(origin, &stem, schema).await?;
        let mut meter = Meter::new("sections", about.sections);
        let points = points(about, language);
        let filled = fill(&found.collection, batches(move || Ok(points)), &mut meter, about.sections).await;
        meter.finish();
        let (changes, receipt) = filled?;
        is_changed |= export::export(&found.collection, places, options.pieces.size()?).await?;
        let name = found.collection.name().to_owned();
        let trust = found.collection.status().trust.first().cloned().unwrap_or_default();
        titles.push((about.pages, name.clone(), about.pages().next().transpose()?.map(|page| page.title)));
        listed.push(Listed { lang: language.clone(), name, trust, pages: about.pages });
        replaced.extend(found.replaced);
        summary.languages.push(OfLanguage::new(language, about, by_meaning, changes, receipt.version));
    }
    listed.sort_by(|a, b| b.pages.cmp(&a.pages).then_with(|| a.lang.cmp(&b.lang)));
    let facets: Vec<String> = facets.into_iter().collect();
    let script = of_site(&places.to_site(), &listed, &facets);
    is_changed |= runtime.write(&places.output)?;
    is_changed |= export::write_changed(&places.output.join(LOADER), script.as_bytes())?;
    let names: HashSet<String> = listed.into_iter().map(|listed| listed.name).collect();
    is_changed |= export::remove_former(&places.output, &names)?;
    empty_former(origin, &names, replaced).await?;
    titles.sort();
    let first = titles.pop().and_then(|(_, name, title)| Some((places.output.join(name), title?)));
    let scripts = scripts.await.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let scripts = scripts + compressed(script.as_bytes());
    let bytes = match first {
        Some((folder, title)) => blocking(move || first_answer::bytes_of(&folder, &title)).await?,
        None => 0,
    };
    summary.first_answer = Some(FirstAnswer { scripts, index: bytes });
    summary.take(pages.extracted, runtime.has_box(), is_changed);
    summary.bytes = bytes_in(&places.output)?;
    summary.took_ms = clock::ms(started.elapsed());
    Ok(summary)
}

/// Looks for pages and reads them.
async fn read(options: &Options, places: &Places) -> Result<Pages> {
    let without = vec![places.output.clone(), places.state.clone()];
    let walk = Walk::new(&options.include, &options.exclude, without).map_err(|why| invalid(&why))?;
    let mut reading = Reading::default();
    if let Some(selector) = &options.root_selector {
        let roots = Roots::parse(selector).map_err(|why| invalid(&format!("--root-selector {selector:?}: {why}")))?;
        reading.roots = Some(roots);
    }
    let lang = options.lang.as_deref().map(language).transpose()?;
    let (source, state, is_verbose) = (places.source.clone(), places.state.clone(), options.verbose);
    blocking(move || {
        let files: Files = walk.files(&source);
        let mut spool = Spool::begin(&state)?;
        let mut meter = Meter::new("pages read", files.pages.len() as u64);
        let mut progress = |done, total| meter.set(done, total);
        let extracted = extract(&source, &files, &reading, &mut spool, is_verbose, &mut progress);
        meter.finish();
        let mut extracted = extracted?;
        let (languages, unmarked) = spool.finish(extracted.is_marked, lang.as_deref())?;
        if unmarked > 0 {
            extracted.left_out.entry("without a mark of content, which others have").or_default().count += unmarked;
        }
        Ok(Pages { languages, extracted, _spool: spool })
    })
    .await
}

fn language(text: &str) -> Result<String> {
    let first = text.split(['-', '_']).next().unwrap_or_default();
    if (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(first.to_ascii_lowercase());
    }
    Err(invalid(&format!("--lang {text:?} is no language; name one as pages do, such as en or de-AT")))
}

fn nothing_found(places: &Places, extracted: &Extracted) -> Error {
    let all = extracted.left_out.iter().chain(&extracted.warnings);
    let left_out: Vec<String> = all.map(|(kind, Remark { count, .. })| format!("{count} {kind}")).collect();
    let why = match left_out.is_empty() {
        true => "there are no files in it whose names end with .html or .md".to_owned(),
        false => {
            format!("of the files in it were left out or worth a look: {}; --verbose names them", left_out.join(", "))
        }
    };
    Error::new(Code::NotFound, format!("{} has no page that can be searched: {why}", places.source.display()))
}

/// Of collections that no pages are left for the points go, and their names stay: versions go on where pages come back.
/// Those that another schema has replaced go whole.
async fn empty_former(origin: &Origin, named: &HashSet<String>, replaced: Vec<String>) -> Result<()> {
    for collection in origin.all().await.into_iter().filter(|collection| !named.contains(collection.name())) {
        if replaced.iter().any(|name| name == collection.name()) {
            origin.delete(collection.name()).await?;
        } else if collection.status().points > 0 {
            let nothing = batches(|| Ok(std::iter::empty()));
            fill(&collection, nothing, &mut Meter::new("sections", 0), 0).await?;
        }
    }
    Ok(())
}

/// The points of all pages of a language.
fn points(about: &About, language: &str) -> impl Iterator<Item = Result<Point>> + Send + use<> {
    let (language, filters, sorts) = (language.to_owned(), about.filters.clone(), about.sorts.clone());
    about.pages().flat_map(move |page| {
        let points: Vec<Result<Point>> = match page {
            Ok(page) => {
                let values = values(&page, &filters, &sorts);
                page.sections.iter().map(|section| point(&page, section, &language, &values)).collect()
            }
            Err(error) => vec![Err(error)],
        };
        points
    })
}

/// What a page is filtered and sorted by. A name for both is one to filter by.
fn values<'a>(page: &'a Page, filters: &BTreeSet<String>, sorts: &BTreeMap<String, bool>) -> BTreeMap<&'a str, Value> {
    let mut values = BTreeMap::new();
    for (name, value) in &page.sorts {
        if let Some(is_number) = sorts.get(name).filter(|_| !filters.contains(name)) {
            values.insert(name.as_str(), index::sort_value(value, *is_number));
        }
    }
    for (name, of) in &page.filters {
        values.insert(name.as_str(), Value::from(of.clone()));
    }
    values
}

fn point(page: &Page, section: &Section, lang: &str, values: &BTreeMap<&str, Value>) -> Result<Point> {
    let payload = Payload {
        page: &page.url,
        url: &section.url,
        title: &page.title,
        heading: section.heading.as_deref(),
        trail: &section.trail,
        names: &section.names,
        text: &section.text,
        weighted: &section.weighted,
        lang,
        meta: &page.meta,
        values: values.clone(),
    };
    let text = serde_json::to_string(&payload).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    Ok(Point { id: section.id.clone(), vectors: ByName::default(), payload: PayloadText::parse(text)? })
}
