//! What stands before the text of a page: YAML between `---`, or TOML between `+++`.

use serde_json::{Map, Value};

use crate::html::Given;
use crate::html::head::primary;
use crate::outline::{MAX_HEADING_CHARS, one_line};
use crate::warnings::{LeftOut, Warning};

/// Bytes of front matter at most.
const MAX_BYTES: usize = 64 * 1024;
/// Lists that many sites have, and that are of use as facets without being named again.
const FACETS: [&str; 2] = ["tags", "categories"];

/// Front matter, or why it cannot be read.
pub(super) struct FrontMatter(Result<Map<String, Value>, String>);

impl FrontMatter {
    /// Takes it from the text that follows.
    pub(super) fn split(text: &str) -> (Self, &str) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (fence, is_yaml) in [("---", true), ("+++", false)] {
            let Some((front, body)) = between(text, fence) else { continue };
            // Two rules with text between them are no front matter; what is a list of `key: value` lines is.
            if is_yaml && front.trim().is_empty() {
                return (Self(Ok(Map::new())), body);
            }
            return (Self(parse(front, is_yaml)), body);
        }
        (Self(Ok(Map::new())), text)
    }

    /// What it says of the page, and whether it leaves it out.
    pub(super) fn given(self) -> (Option<LeftOut>, Given) {
        let mut given = Given::default();
        let front = match self.0 {
            Ok(front) => front,
            Err(why) => {
                given.warnings.push(Warning::FrontMatter(why));
                return (None, given);
            }
        };
        if let Some(left_out) = left_out(&front) {
            return (Some(left_out), given);
        }
        let none = Map::new();
        let own = front.get("headwater").and_then(Value::as_object).unwrap_or(&none);
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| own.get(*name).or_else(|| front.get(*name)).and_then(text_of));
            found.filter(|text| !text.trim().is_empty())
        };
        given.title = text(&["title"]).map(|title| one_line(&title, MAX_HEADING_CHARS));
        given.lang = text(&["lang", "language", "locale"]).as_deref().and_then(primary);
        given.url = text(&["url", "permalink"]).and_then(|url| local(&url));
        for name in FACETS {
            values(front.get(name)).iter().for_each(|value| given.marks.filter(name, value));
        }
        let of = |name: &str| own.get(name).and_then(Value::as_object).into_iter().flatten();
        for (name, value) in of("filters") {
            values(Some(value)).iter().for_each(|value| given.marks.filter(name, value));
        }
        for (name, value) in of("sort") {
            values(Some(value)).iter().for_each(|value| given.marks.sort(name, value));
        }
        for (name, value) in of("meta") {
            values(Some(value)).iter().for_each(|value| given.marks.meta(name, value));
        }
        if let Some(description) = text(&["description"]) {
            given.marks.meta("description", &description);
        }
        (None, given)
    }
}

fn left_out(front: &Map<String, Value>) -> Option<LeftOut> {
    let is = |value: Option<&Value>, wanted: bool| value.and_then(Value::as_bool) == Some(wanted);
    if is(front.get("draft"), true) || is(front.get("published"), false) {
        return Some(LeftOut::Draft);
    }
    let within = |name: &str, key: &str| front.get(name).and_then(|value| value.get(key));
    let ignored = is(front.get("headwater"), false)
        || is(front.get("pagefind"), false)
        || is(within("headwater", "ignore"), true)
        || is(within("search", "exclude"), true);
    ignored.then_some(LeftOut::Ignored)
}

/// The lines between a fence at the very beginning and the next one, and what follows.
fn between<'a>(text: &'a str, fence: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix(fence)?;
    let rest = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n"))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == fence {
            return Some((rest.get(..at)?, rest.get(at + line.len()..)?));
        }
        at += line.len();
        if at > MAX_BYTES {
            return None;
        }
    }
    None
}

fn parse(front: &str, is_yaml: bool) -> Result<Map<String, Value>, String> {
    let first_line = |error: String| one_line(error.lines().next().unwrap_or_default(), 200);
    let value = if is_yaml {
        serde_saphyr::from_str::<Value>(front).map_err(|error| first_line(error.to_string()))?
    } else {
        toml::from_str::<Value>(front).map_err(|error| first_line(error.message().to_owned()))?
    };
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err("it is no list of names with values".to_owned()),
    }
}

fn values(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(text_of).collect(),
        Some(value) => text_of(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A value as a text. TOML's dates arrive as an object with one text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Object(map) if map.len() == 1 => {
            let (name, value) = map.iter().next()?;
            name.starts_with("$__toml_private").then(|| value.as_str().map(str::to_owned)).flatten()
        }
        _ => None,
    }
}

/// A path below the site's root; another site's URL says nothing of where the page is here.
fn local(url: &str) -> Option<String> {
    let path = url.trim();
    // Patterns of generators, such as `/:year/:title/`.
    let is_path = !path.contains("://") && !path.starts_with("//") && !path.contains(':') && !path.contains('\\');
    let path = path.trim_start_matches('/');
    let steps = path.split('/').all(|step| step != ".." && step != ".");
    (is_path && steps).then(|| if path.is_empty() { "./".to_owned() } else { crate::address::of_page(path) })
}
