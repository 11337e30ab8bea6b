//! A build of data that is no site: a replica, and a script that opens it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_SCHEMA_BYTES;
use headwater_core::model::Schema;

use super::fill::{batches, fill};
use super::loader::{LOADER, of_data};
use super::model::Model;
use super::places::{Places, failed, invalid};
use super::runtime::Runtime;
use super::summary::{OfLanguage, Summary, bytes_in};
use super::{Options, export, index, rows};
use crate::cli::meter::Meter;
use crate::clock;
use crate::counted::counted;
use crate::languages;
use crate::lines::without_mark;
use crate::server::Origin;

/// The stem of its collection's name.
const STEM: &str = "data";

/// Builds what the file has now.
pub(super) async fn build(
    options: &Options,
    places: &Places,
    origin: &Arc<Origin>,
    runtime: &Arc<Runtime>,
) -> Result<Summary> {
    let started = Instant::now();
    let schema = read_schema(options.schema.as_deref().unwrap_or_else(|| Path::new("")))?;
    add_models(options, origin, &schema).await?;
    let by_meaning = schema.vectors.values().any(|vector| vector.embed.is_some());
    let found = index::open(origin, &format!("{STEM}{}", places.suffix), schema).await?;
    let (path, id) = (places.source.clone(), options.id.clone());
    let mut meter = Meter::new("points", 0);
    let filled = fill(&found.collection, batches(move || rows::open(&path, &id)), &mut meter, 0).await;
    meter.finish();
    let (changes, receipt) = filled?;
    let mut summary = Summary::new(&places.output);
    let (name, status) = (found.collection.name().to_owned(), found.collection.status());
    let trust = status.trust.first().map_or("", String::as_str);
    let mut is_changed = export::export(&found.collection, places, options.pieces.size()?).await?;
    is_changed |= runtime.write(&places.output)?;
    is_changed |= export::write_changed(&places.output.join(LOADER), of_data(&name, trust).as_bytes())?;
    is_changed |= export::remove_former(&places.output, &HashSet::from([name]))?;
    for name in found.replaced {
        origin.delete(&name).await?;
    }
    summary.languages.push(OfLanguage {
        lang: String::new(),
        pages: 0,
        sections: receipt.points,
        words: 0,
        meaning: by_meaning,
        written: changes.written,
        removed: changes.removed,
        version: receipt.version,
    });
    if changes.doubles > 0 {
        let points = counted(changes.doubles, "point");
        summary.note(format!("worth a look: {points} with the id of one before, left out"));
    }
    summary.changed = is_changed;
    summary.bytes = bytes_in(&places.output)?;
    summary.took_ms = clock::ms(started.elapsed());
    Ok(summary)
}

fn read_schema(path: &Path) -> Result<Schema> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(Code::NotFound, format!("there is no file {}", path.display())),
        _ => failed(path, &error),
    })?;
    if bytes.len() > MAX_SCHEMA_BYTES {
        return Err(invalid(&format!("{} has more than {MAX_SCHEMA_BYTES} bytes: it is no schema", path.display())));
    }
    let schema = Schema::from_json(without_mark(&bytes)).map_err(|error| error.context(path.display()))?;
    languages::check(&schema)?;
    Ok(schema)
}

/// Sees to it that the models which the schema names are there, by these names.
async fn add_models(options: &Options, origin: &Origin, schema: &Schema) -> Result<()> {
    let names: HashSet<&str> =
        schema.vectors.values().filter_map(|vector| vector.embed.as_ref()).map(|embed| embed.model.as_str()).collect();
    for name in names {
        let is_held = origin.models().await.iter().any(|model| model.name == name);
        if options.model.is_some() || !is_held {
            let added = Model::add(origin, options.model.as_deref(), Some(name)).await?;
            if added.is_none() {
                let message = format!("the schema names the model {name:?}: name its folder with --model");
                return Err(Error::new(Code::ModelNotFound, message));
            }
        }
    }
    Ok(())
}
