//! Points in a file of data, one after the other, however long it is.
//!
//! | ending | what is in it |
//! | --- | --- |
//! | `.ndjson`, `.jsonl` | a JSON object a line |
//! | `.json` | a list of objects |
//! | `.csv` | a line of names, and a line of texts for each point |
//!
//! An object with `payload` or `vectors` is a point as `headwater import` takes it; any other is a payload whose id is
//! one of its values.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_LINE_BYTES;
use headwater_core::model::{ByName, PayloadText, Point};
use serde::de::{DeserializeSeed, Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::places::failed;

/// Rows that wait between the reader and who takes them.
const WAITING: usize = 256;

/// The points of a file; `id` is the name under which payloads have their id.
pub(super) fn open(path: &Path, id: &str) -> Result<Box<dyn Iterator<Item = Result<Point>> + Send>> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let reader = BufReader::with_capacity(1 << 18, file);
    let rows = Rows { path: path.to_owned(), id: id.to_owned() };
    match path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase().as_str() {
        "csv" => rows.csv(reader),
        "json" => Ok(Box::new(rows.list(reader).into_iter())),
        _ => Ok(Box::new(rows.lines(reader))),
    }
}

#[derive(Debug, Clone)]
struct Rows {
    path: PathBuf,
    id: String,
}

impl Rows {
    fn fault(&self, number: u64, what: &str, why: &str) -> Error {
        Error::new(Code::InvalidPoint, format!("{}, {what} {number}: {why}", self.path.display()))
    }

    fn lines(self, reader: BufReader<File>) -> impl Iterator<Item = Result<Point>> + Send {
        let mut number = 0;
        let mut reader = reader;
        std::iter::from_fn(move || {
            loop {
                let mut line = Vec::new();
                // One that is too long is not read to its end.
                let read = Read::by_ref(&mut reader).take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line);
                number += 1;
                return match read {
                    Err(error) => Some(Err(failed(&self.path, &error))),
                    Ok(0) => None,
                    Ok(_) if line.len() > MAX_LINE_BYTES => {
                        Some(Err(self.fault(number, "line", &format!("more than {MAX_LINE_BYTES} bytes"))))
                    }
                    Ok(_) if line.trim_ascii().is_empty() => continue,
                    Ok(_) => {
                        let line = crate::lines::without_mark(&line);
                        Some(self.object(line.trim_ascii()).map_err(|why| self.fault(number, "line", &why)))
                    }
                };
            }
        })
    }

    /// Read in a thread of its own, because the parser calls back.
    fn list(self, reader: BufReader<File>) -> Receiver<Result<Point>> {
        let (send, receive) = sync_channel(WAITING);
        std::thread::spawn(move || {
            let mut parser = serde_json::Deserializer::from_reader(reader);
            let each = |number: u64, object: &RawValue| {
                let point = self.object(object.get().as_bytes()).map_err(|why| self.fault(number, "object", &why));
                send.send(point).is_ok()
            };
            let outcome = parser.deserialize_seq(Each(each)).and_then(|()| parser.end());
            if let Err(error) = outcome {
                let message = format!("{}: {error}; it is to be a list of objects", self.path.display());
                let _ = send.send(Err(Error::new(Code::InvalidJson, message)));
            }
        });
        receive
    }

    fn csv(self, reader: BufReader<File>) -> Result<Box<dyn Iterator<Item = Result<Point>> + Send>> {
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(reader);
        let unread = |rows: &Self, error: &csv::Error| {
            Error::new(Code::InvalidPoint, format!("{}: {error}", rows.path.display()))
        };
        let names = reader.headers().map_err(|error| unread(&self, &error))?.clone();
        let names: Vec<String> =
            names.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let mut number = 1;
        Ok(Box::new(reader.into_records().map(move |record| {
            number += 1;
            let record = record.map_err(|error| unread(&self, &error))?;
            let cells = names.iter().zip(&record).filter(|(name, cell)| !name.is_empty() && !cell.is_empty());
            let payload: Map<String, Value> = cells.map(|(name, cell)| (name.clone(), Value::from(cell))).collect();
            self.point(&Value::Object(payload).to_string()).map_err(|why| self.fault(number, "row", &why))
        })))
    }

    /// A point, or a payload.
    fn object(&self, text: &[u8]) -> std::result::Result<Point, String> {
        let parsed: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let Value::Object(members) = &parsed else { return Err("it is no object".to_owned()) };
        if members.get("payload").is_some_and(Value::is_object) || members.get("vectors").is_some_and(Value::is_object)
        {
            return serde_json::from_slice(text).map_err(|error| error.to_string());
        }
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        self.point(text)
    }

    fn point(&self, payload: &str) -> std::result::Result<Point, String> {
        let members: Map<String, Value> = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        let id = match members.get(&self.id) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            Some(_) => return Err(format!("its {:?} is neither a text nor a number", self.id)),
            None => {
                let names: Vec<&str> = members.keys().map(String::as_str).take(8).collect();
                return Err(format!(
                    "it has no {:?}; name with --id what holds its id: one of {}",
                    self.id,
                    names.join(", ")
                ));
            }
        };
        // As it is kept, so that one that has not changed is known for that.
        let payload: PayloadText = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        Ok(Point { id, vectors: ByName::default(), payload })
    }
}

/// Calls back for each object of a list, and stops when that says so.
struct Each<F>(F);

impl<'de, F: FnMut(u64, &RawValue) -> bool> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> std::result::Result<(), A::Error> {
        let mut number = 0;
        while let Some(object) = list.next_element_seed(Raw)? {
            number += 1;
            if !(self.0)(number, &object) {
                while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            }
        }
        Ok(())
    }
}

struct Raw;

impl<'de> DeserializeSeed<'de> for Raw {
    type Value = Box<RawValue>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Self::Value, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}
