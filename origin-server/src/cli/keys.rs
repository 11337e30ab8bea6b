//! `headwater keys`: who may sign.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{PublicKey, SignedKeyList, SigningKey};

use super::terminal::{note, say};
use crate::clock;
use crate::keys::{self, Change};
use crate::location::{KEY_VARIABLE, Location};
use crate::objects::Objects;

/// Where the server keeps what it has.
#[derive(Args)]
pub(super) struct ServerData {
    /// The data folder, or s3://bucket/prefix.
    #[arg(long, env = "HEADWATER_DATA", default_value = "./data", value_parser = NonEmptyStringValueParser::new())]
    data: String,
    /// File of the server's signing key, when it is not in the data folder.
    #[arg(long)]
    key: Option<PathBuf>,
    /// For a bucket that cannot write on conditions, where nobody else changes keys at the same time.
    #[arg(long)]
    single_writer: bool,
}

/// Who signs the list, and for how long.
#[derive(Args)]
pub(super) struct Root {
    /// File of the root key, made by `headwater keys create`.
    #[arg(long)]
    root: PathBuf,
    /// Days after which the list counts as expired; for ever without it.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=36_500))]
    days: Option<u64>,
}

#[derive(Subcommand)]
#[command(
    after_help = "A server signs heads by its own key, which `headwater keys show` prints and replicas trust. That is enough until the key
has to be replaced: then every replica needs the new one. With a root key replicas trust that one instead, for good, and
it says which keys may sign:
  headwater keys create root.key              # keep it away from the server, and a copy of it
  headwater keys sign --root root.key         # the server's key may sign
  headwater keys show                         # now prints the root key
  headwater keys rotate --root root.key       # a new key for the server; then restart it
  headwater keys revoke ed25519:… --root root.key"
)]
pub(super) enum Keys {
    /// Prints the public key that replicas trust.
    Show {
        #[command(flatten)]
        place: ServerData,
    },
    /// Lists who may sign and who may not any more.
    List {
        #[command(flatten)]
        place: ServerData,
    },
    /// Makes a root key in a file of its own.
    Create {
        /// The file.
        root: PathBuf,
    },
    /// Signs the list of keys, with the server's key in it. Also before it expires.
    Sign {
        #[command(flatten)]
        place: ServerData,
        #[command(flatten)]
        root: Root,
    },
    /// Gives the server a new key beside the one it has; restart it, then revoke the old one.
    Rotate {
        #[command(flatten)]
        place: ServerData,
        #[command(flatten)]
        root: Root,
    },
    /// Takes a key the right to sign, for good.
    Revoke {
        /// The public key.
        revoked: String,
        #[command(flatten)]
        place: ServerData,
        #[command(flatten)]
        root: Root,
    },
}

impl ServerData {
    fn location(&self) -> Location {
        Location { data: self.data.clone(), key: self.key.clone(), ..Location::default() }
    }

    /// Whether a server has its data here. Of a bucket that is believed.
    fn has_data(&self) -> bool {
        let location = self.location();
        location
            .folder()
            .is_none_or(|folder| ["db", "keys", "signing.key"].iter().any(|name| folder.join(name).exists()))
    }

    /// Nothing is made where no server is: a key from nowhere would be taken for the server's.
    fn check_data(&self) -> Result<()> {
        if self.has_data() {
            return Ok(());
        }
        let message = format!(
            "there is no server's data in {}: run this where the server runs, or name its data with --data (HEADWATER_DATA), and the \
             file of its key with --key, where `headwater serve` has them. A server makes its key at its first start",
            self.data
        );
        Err(Error::new(Code::NotFound, message))
    }

    /// The key list, if there is one. A server that has a key and no data yet has none.
    async fn list(&self) -> Result<Option<SignedKeyList>> {
        if !self.has_data() && (self.key.is_some() || std::env::var_os(KEY_VARIABLE).is_some()) {
            return Ok(None);
        }
        self.check_data()?;
        keys::stored(&Objects::open(&self.data)?).await
    }
}

impl Root {
    async fn sign(&self, place: &ServerData, change: Change) -> Result<SignedKeyList> {
        let root = keys::load(&self.root)?;
        let now_ms = clock::now_ms();
        let expires_ms = self.days.map(|days| now_ms.saturating_add(days.saturating_mul(24 * 3600 * 1000)));
        let objects = Objects::open(&place.data)?.single_writer(place.single_writer);
        keys::change(&objects, &root, change, now_ms, expires_ms).await
    }
}

pub(super) async fn run(command: Keys) -> Result<()> {
    match command {
        Keys::Show { place } => match place.list().await? {
            Some(list) => say(list.root),
            None => say(place.location().held_key()?.public()),
        },
        Keys::List { place } => match place.list().await? {
            Some(list) => show(&list),
            None => {
                let key = place.location().held_key()?.public();
                say(format_args!("online   {key}  (no root key: replicas trust this one)"));
            }
        },
        Keys::Create { root } => {
            say(keys::create(&root)?.public());
            note(format_args!(
                "The root key is in {}. Keep it away from the server, and a copy of it.",
                root.display()
            ));
        }
        Keys::Sign { place, root } => {
            place.check_data()?;
            let key = place.location().held_key()?.public();
            show(&root.sign(&place, Change::Allow { key }).await?);
        }
        Keys::Rotate { place, root } => rotate(&place, &root).await?,
        Keys::Revoke { revoked, place, root } => {
            place.check_data()?;
            let key = place.location().held_key()?.public();
            let revoked = public(&revoked, key, place.list().await?.as_ref())?;
            if key == revoked {
                let message = "this is the server's key; run `headwater keys rotate` first, and restart the server";
                return Err(Error::new(Code::Conflict, message));
            }
            show(&root.sign(&place, Change::Revoke { key: revoked }).await?);
        }
    }
    Ok(())
}

/// A public key as it was typed. The private one of a key that is known here is refused also in the form of the first
/// versions, which looks like a public one.
fn public(text: &str, of_server: PublicKey, list: Option<&SignedKeyList>) -> Result<PublicKey> {
    if let Ok(private) = SigningKey::from_secret_text(text) {
        let name = private.public().to_string();
        let is_listed = list.is_some_and(|signed| signed.root == name || signed.list.online.contains(&name));
        if private.public() == of_server || is_listed {
            let message = format!("this is the private key of {name}; name that one, and keep the private one secret");
            return Err(Error::new(Code::KeyUntrusted, message));
        }
    }
    text.parse()
}

/// The list first: with the new key in it and the old key in the file, the server goes on signing.
async fn rotate(place: &ServerData, root: &Root) -> Result<()> {
    if std::env::var_os(KEY_VARIABLE).is_some() {
        let message = format!("{KEY_VARIABLE} holds the server's key; only a key in a file can be replaced here");
        return Err(Error::new(Code::Conflict, message));
    }
    place.check_data()?;
    let location = place.location();
    let old = location.held_key()?.public();
    let key = keys::random().map_err(|e| Error::new(Code::Internal, e.to_string()))?;
    root.sign(place, Change::Allow { key: old }).await?;
    let list = root.sign(place, Change::Allow { key: key.public() }).await?;
    keys::replace(&location.key_file()?, &key)?;
    show(&list);
    let (key, root) = (key.public(), root.root.display());
    note(format_args!(
        "Restart the server; it signs by {key} then. Afterwards: headwater keys revoke {old} --root {root}"
    ));
    Ok(())
}

fn show(list: &SignedKeyList) {
    let end = list
        .list
        .expires_ms
        .map_or_else(|| "does not expire".to_owned(), |ms| format!("expires at {ms} ms since 1970"));
    say(format_args!("key list {}, {end}", list.list.version));
    say(format_args!("root     {}", list.root));
    list.list.online.iter().for_each(|key| say(format_args!("online   {key}")));
    list.list.revoked.iter().for_each(|key| say(format_args!("revoked  {key}")));
}
