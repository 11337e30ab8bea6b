//! From method and path to what is asked for; nothing here does IO.

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_http::Refusal;
use headwater_http::http::{HeaderValue, header};
use headwater_http::path::{collection, point_id};

/// Objects named by a hash: of their bytes, or of the blob whose pages they list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Manifest,
    Blob,
    Pages,
}

impl Kind {
    /// The folder in URLs and in the bucket.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::Manifest => "manifests",
            Self::Blob => "blobs",
            Self::Pages => "pages",
        }
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Manifest => "application/json",
            Self::Blob | Self::Pages => "application/octet-stream",
        }
    }
}

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    About,
    Health,
    Collection {
        collection: String,
    },
    Point {
        collection: String,
        id: String,
    },
    Search {
        collection: String,
    },
    SearchBatch {
        collection: String,
    },
    /// One ranking of several collections.
    Across,
    Suggest {
        collection: String,
    },
    Head {
        collection: String,
    },
    /// What readers in parts fetch at first.
    Boot {
        collection: String,
    },
    /// Whether a head would be taken.
    HeadCheck {
        collection: String,
    },
    Object {
        collection: String,
        kind: Kind,
        hash: Hash,
    },
}

impl Route {
    /// The methods it answers, as in an `Allow` header.
    pub(crate) const fn allow(&self) -> &'static str {
        match self {
            Self::Search { .. }
            | Self::SearchBatch { .. }
            | Self::Across
            | Self::Suggest { .. }
            | Self::HeadCheck { .. } => "POST, OPTIONS",
            Self::Head { .. } | Self::Boot { .. } | Self::Object { .. } => "GET, HEAD, PUT, OPTIONS",
            Self::About | Self::Health | Self::Collection { .. } | Self::Point { .. } => "GET, HEAD, OPTIONS",
        }
    }

    fn answers(&self, method: &str) -> bool {
        self.allow().split(", ").any(|m| m == method)
    }
}

/// Finds what `method` asks of `path`, which is percent-encoded as in the URL.
pub(crate) fn route(method: &str, path: &str) -> Result<Route, Refusal> {
    let reads = matches!(method, "GET" | "HEAD" | "OPTIONS");
    let Some(route) = route_of(path)? else {
        let error = if !reads && path.starts_with("/v1/") {
            read_only()
        } else {
            Error::new(Code::NotFound, format!("there is no {path:?} here; the edge answers searches, ask the origin"))
        };
        return Err(error.into());
    };
    if route.answers(method) {
        return Ok(route);
    }
    let writes = !reads && matches!(route, Route::Collection { .. } | Route::Point { .. });
    let error = if writes {
        read_only()
    } else {
        Error::new(Code::MethodNotAllowed, format!("{path:?} answers {}, not {method}", route.allow()))
    };
    Err(Refusal::from(error).header(header::ALLOW, HeaderValue::from_static(route.allow())))
}

fn read_only() -> Error {
    Error::new(
        Code::ReadOnly,
        "the edge takes no writes; write to the origin, then run `headwater publish --to` this URL",
    )
}

fn route_of(path: &str) -> Result<Option<Route>> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    Ok(Some(match parts.as_slice() {
        [""] => Route::About,
        ["healthz"] => Route::Health,
        ["v1", "collections", c] if !c.is_empty() => Route::Collection { collection: collection(c)? },
        ["v1", "collections", c, "points", id] if !id.is_empty() => {
            Route::Point { collection: collection(c)?, id: point_id(id)? }
        }
        ["v1", "collections", c, "search"] => Route::Search { collection: collection(c)? },
        ["v1", "collections", c, "search", "batch"] => Route::SearchBatch { collection: collection(c)? },
        ["v1", "search"] => Route::Across,
        ["v1", "collections", c, "suggest"] => Route::Suggest { collection: collection(c)? },
        ["v1", "collections", c, "head"] => Route::Head { collection: collection(c)? },
        ["v1", "collections", c, "boot"] => Route::Boot { collection: collection(c)? },
        ["v1", "collections", c, "head", "check"] => Route::HeadCheck { collection: collection(c)? },
        ["v1", "collections", c, "manifests", hash] => object(c, Kind::Manifest, hash)?,
        ["v1", "collections", c, "blobs", hash] => object(c, Kind::Blob, hash)?,
        ["v1", "collections", c, "pages", hash] => object(c, Kind::Pages, hash)?,
        _ => return Ok(None),
    }))
}

fn object(c: &str, kind: Kind, hash: &str) -> Result<Route> {
    let collection = collection(c)?;
    let hash = hash.parse().map_err(|e: Error| Error::new(Code::NotFound, e.message()))?;
    Ok(Route::Object { collection, kind, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(method: &str, path: &str) -> Code {
        route(method, path).unwrap_err().error().code()
    }

    #[test]
    fn reads_find_their_place() {
        let collection = || "wordnet".to_owned();
        let hash = Hash::of(b"x");
        let expected = [
            ("GET", "/".to_owned(), Route::About),
            ("GET", "/healthz".into(), Route::Health),
            ("GET", "/v1/collections/wordnet".into(), Route::Collection { collection: collection() }),
            ("POST", "/v1/collections/wordnet/search".into(), Route::Search { collection: collection() }),
            ("POST", "/v1/collections/wordnet/search/batch".into(), Route::SearchBatch { collection: collection() }),
            ("POST", "/v1/search".into(), Route::Across),
            ("POST", "/v1/collections/wordnet/suggest".into(), Route::Suggest { collection: collection() }),
            ("HEAD", "/v1/collections/wordnet/head".into(), Route::Head { collection: collection() }),
            ("PUT", "/v1/collections/wordnet/boot".into(), Route::Boot { collection: collection() }),
            ("POST", "/v1/collections/wordnet/head/check".into(), Route::HeadCheck { collection: collection() }),
            (
                "GET",
                "/v1/collections/wordnet/points/a%2Fb%20%C3%A9".into(),
                Route::Point { collection: collection(), id: "a/b é".into() },
            ),
            (
                "GET",
                "/v1/collections/wordnet/points/delete".into(),
                Route::Point { collection: collection(), id: "delete".into() },
            ),
            (
                "PUT",
                format!("/v1/collections/wordnet/blobs/{hash}"),
                Route::Object { collection: collection(), kind: Kind::Blob, hash },
            ),
        ];
        for (method, path, place) in expected {
            assert_eq!(route(method, &path).unwrap(), place, "{method} {path}");
        }
    }

    #[test]
    fn writes_that_only_the_origin_takes_are_read_only() {
        for (method, path) in [
            ("PUT", "/v1/collections/wordnet"),
            ("DELETE", "/v1/collections/wordnet"),
            ("PUT", "/v1/collections/wordnet/points"),
            ("POST", "/v1/collections/wordnet/points/delete"),
            ("POST", "/v1/collections/wordnet/publish"),
            ("PUT", "/v1/models/m"),
            ("PATCH", "/v1/whatever"),
        ] {
            assert_eq!(code(method, path), Code::ReadOnly, "{method} {path}");
        }
    }

    #[test]
    fn a_known_path_says_what_it_answers() {
        let refusal = route("GET", "/v1/collections/wordnet/search").unwrap_err();
        assert_eq!(refusal.error().code(), Code::MethodNotAllowed);
        assert_eq!(refusal.into_parts().1["allow"], "POST, OPTIONS");
        assert_eq!(code("DELETE", &format!("/v1/collections/w/blobs/{}", Hash::of(b""))), Code::MethodNotAllowed);
        assert_eq!(code("POST", "/healthz"), Code::MethodNotAllowed);
    }

    #[test]
    fn hostile_paths_are_errors() {
        for (path, expected) in [
            ("/v1/collections", Code::NotFound),
            ("/v1/collections/", Code::NotFound),
            ("/v1/collections/w/points/", Code::NotFound),
            ("/v1/collections/w/points/%FF", Code::NotFound),
            ("/v1/collections/w/points/a%00b", Code::InvalidPoint),
            ("/v1/collections/UPPER", Code::CollectionNotFound),
            ("/v1/collections/..%2f..%2fx/head", Code::CollectionNotFound),
            ("/v1/collections/w/blobs/abc", Code::NotFound),
            ("/v1/collections/w/blobs/a/b", Code::NotFound),
            ("", Code::NotFound),
            ("/nowhere", Code::NotFound),
        ] {
            assert_eq!(code("GET", path), expected, "{path}");
        }
        assert_eq!(code("PUT", "/nowhere"), Code::NotFound);
    }
}
