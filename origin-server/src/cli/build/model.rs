//! The model that is built in, or another one.
//!
//! It is in the binary as its three files, 8 MB: a command that has to fetch its model first is no command of one
//! minute, and needs a network where there may be none. Packed it would be a tenth smaller, because its numbers have no
//! pattern; that is not worth a second at each start. Without the feature `built-in-model` it stays out.

use std::path::Path;
use std::sync::Arc;

use headwater_core::bytes::AlignedBytes;
use headwater_core::embed::{StaticModel, pack};
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;

use super::places::failed;
use crate::collection::blocking;
use crate::server::Origin;

/// The language of the model that is built in.
const LANGUAGE: &str = "en";
#[cfg(feature = "built-in-model")]
const NAME: &str = "static-minilm-256";
#[cfg(feature = "built-in-model")]
const FILES: [&[u8]; 3] = [
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/wordnet/model/config.json")),
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/wordnet/model/tokenizer.json")),
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/wordnet/model/model.safetensors")),
];

/// A model that the origin has.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) dim: usize,
    /// The language that it knows; none: whoever chose it says that it knows all.
    language: Option<&'static str>,
}

impl Model {
    /// Sees to it that the origin has the model in a folder, or the one that is built in; none where none is. With
    /// `name` it gets that name, which a schema says, else one of its own.
    pub(super) async fn add(origin: &Origin, folder: Option<&Path>, name: Option<&str>) -> Result<Option<Self>> {
        let (packed, own, language) = match folder {
            Some(folder) => {
                let packed = packed(folder)?;
                // Another model in the same folder is another model.
                let hash: String = Hash::of(&packed).to_string().chars().take(12).collect();
                (packed, format!("model-{hash}"), None)
            }
            None => match built_in()? {
                Some((name, packed)) => (packed, name.to_owned(), Some(LANGUAGE)),
                None => return Ok(None),
            },
        };
        let name = name.map_or(own, str::to_owned);
        let bytes = AlignedBytes::copy_from(&packed);
        let dim = blocking(move || Ok(StaticModel::open(Arc::new(bytes))?.dim())).await?;
        let is_held = origin.models().await.iter().any(|held| held.name == name && held.blob.hash == Hash::of(&packed));
        if !is_held {
            origin.put_model(&name, packed).await?;
        }
        Ok(Some(Self { name, dim, language }))
    }

    /// Whether texts of a language get a meaning by it.
    pub(super) fn speaks(&self, language: &str) -> bool {
        self.language.is_none_or(|own| own == language)
    }
}

fn packed(folder: &Path) -> Result<Vec<u8>> {
    let file = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                let message = format!(
                    "there is no {}; the folder of a model2vec model has config.json, tokenizer.json and model.safetensors",
                    path.display()
                );
                Error::new(Code::NotFound, message)
            }
            _ => failed(&path, &error),
        })
    };
    pack(&file("config.json")?, &file("tokenizer.json")?, &file("model.safetensors")?)
}

#[cfg(feature = "built-in-model")]
fn built_in() -> Result<Option<(&'static str, Vec<u8>)>> {
    let [config, tokenizer, tensors] = FILES;
    pack(config, tokenizer, tensors).map(|packed| Some((NAME, packed)))
}

#[cfg(not(feature = "built-in-model"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
const fn built_in() -> Result<Option<(&'static str, Vec<u8>)>> {
    Ok(None)
}
