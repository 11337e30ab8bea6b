//! Create, get, model.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use headwater_core::embed::pack;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::check_point_id;
use headwater_core::manifest::ModelRef;
use headwater_core::model::{CollectionStatus, Point};
use reqwest::{Method, StatusCode};

use super::terminal::{json, note, say};
use super::{Server, check_name, path_of};
use crate::client::Client;
use crate::counted::counted;
use crate::lines::without_mark;
use crate::objects::of_file;

#[derive(Args)]
#[command(after_help = r#"Example:
  headwater create words --schema schema.json

schema.json, when all is searched by words:
  {"text": {"title": {"language": "en"}}}

schema.json, with the model "static-minilm-256" added before (`headwater model --help`):
  {"vectors": {"meaning": {"dim": 256, "embed": {"model": "static-minilm-256", "from": ["title", "text"]}}},
   "text": {"title": {"language": "en", "boost": 2}, "text": {"language": "en"}},
   "fields": {"language": "keyword", "year": "integer"}}

schema.json, when points bring their own vectors:
  {"vectors": {"meaning": {"dim": 384, "metric": "cosine"}}, "fields": {"language": "keyword"}}"#)]
pub(super) struct Create {
    /// Name of the collection.
    name: String,
    /// File of the schema.
    #[arg(long)]
    schema: PathBuf,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn create(options: Create) -> Result<()> {
    let client = Client::new(&options.server.url, options.server.token)?;
    let path = path_of(&options.name)?;
    let before: Option<CollectionStatus> = client.json(client.request(Method::GET, &path)).await.ok();
    let request = client.request(Method::PUT, &path);
    let schema = without_mark(&read(&options.schema)?).to_vec();
    let request = request.header("content-type", "application/json").body(schema);
    let response = client.send(request).await?;
    let is_new = response.status() == StatusCode::CREATED;
    let status: CollectionStatus = client.read(response).await?;
    let (name, points) = (status.collection, counted(status.points, "point"));
    if is_new {
        say(format_args!("collection {name} created"));
    } else if before.is_some_and(|before| before.schema.synonyms != status.schema.synonyms) {
        say(format_args!(
            "collection {name} has other synonyms now, with {points}; replicas have them after: headwater publish --collection {name}{}",
            client.flag()
        ));
    } else {
        say(format_args!("collection {name} with this schema is there already, with {points}"));
    }
    Ok(())
}

#[derive(Args)]
#[command(after_help = "Example:\n  headwater get cat --collection words")]
pub(super) struct Get {
    /// Id of the point.
    id: String,
    /// Collection to look in.
    #[arg(long, short)]
    collection: String,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn get(options: Get) -> Result<()> {
    let client = Client::new(&options.server.url, options.server.token)?;
    let path = point_path(&path_of(&options.collection)?, &options.id)?;
    let point: Point = client.json(client.request(Method::GET, &path)).await?;
    json(&point)
}

/// The path of a point of the collection at `path`. An id that no point has would ask for something else.
pub(super) fn point_path(path: &str, id: &str) -> Result<String> {
    check_point_id(id).map_err(|e| e.context(format_args!("the id {id:?}")))?;
    let mut url = url::Url::parse("http://path").map_err(|e| Error::new(Code::Internal, e.to_string()))?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.push(id);
    }
    Ok(format!("{path}/points{}", url.path()))
}

#[derive(Subcommand)]
#[command(after_help = r#"Examples, in a clone of Headwater's repository:
  headwater model add examples/wordnet/model --name static-minilm-256
  headwater model list
  headwater model remove static-minilm-256
`headwater create --help` shows a schema that names a model."#)]
pub(super) enum Model {
    /// Adds a model2vec model: a folder with config.json, tokenizer.json and model.safetensors.
    Add {
        /// The folder.
        folder: PathBuf,
        /// Name by which schemas call it.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        server: Server,
    },
    /// Removes a model that no collection's schema names.
    Remove {
        /// Name of the model.
        name: String,
        #[command(flatten)]
        server: Server,
    },
    /// Lists the models.
    List {
        #[command(flatten)]
        server: Server,
    },
}

pub(super) async fn model(options: Model) -> Result<()> {
    match options {
        Model::Add { folder, name, server } => {
            check_name(&name, "model")?;
            let file = |name: &str| read(&folder.join(name)).map_err(|e| of_model(&folder, &e));
            let packed = pack(&file("config.json")?, &file("tokenizer.json")?, &file("model.safetensors")?)?;
            let client = Client::new(&server.url, server.token)?;
            let kept: ModelRef =
                client.json(client.request(Method::PUT, &format!("/v1/models/{name}")).body(packed)).await?;
            say(format_args!("model {} ({}, {})", kept.name, counted(kept.blob.bytes, "byte"), kept.blob.hash));
        }
        Model::Remove { name, server } => {
            check_name(&name, "model")?;
            let client = Client::new(&server.url, server.token)?;
            client.send(client.request(Method::DELETE, &format!("/v1/models/{name}"))).await?;
            say(format_args!("model {name} removed"));
        }
        Model::List { server } => {
            let client = Client::new(&server.url, server.token)?;
            let kept: Vec<ModelRef> = client.json(client.request(Method::GET, "/v1/models")).await?;
            if kept.is_empty() {
                note(format_args!(
                    "there are no models yet; add one: headwater model add FOLDER --name NAME{}",
                    client.flag()
                ));
            }
            for model in kept {
                say(format_args!("{:<24} {:>10} bytes  {}", model.name, model.blob.bytes, model.blob.hash));
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::new(Code::NotFound, format!("there is no file {}", path.display())),
        _ => Error::new(Code::StorageFailed, of_file(path, &error)),
    })
}

/// What is wrong with a folder as that of a model.
fn of_model(folder: &Path, error: &Error) -> Error {
    let has = "the folder of a model2vec model has config.json, tokenizer.json and model.safetensors";
    let message = match error.code() {
        Code::NotFound if !folder.exists() => format!("there is no folder {}", folder.display()),
        _ => error.message().to_owned(),
    };
    Error::new(error.code(), format!("{message}; {has}"))
}
