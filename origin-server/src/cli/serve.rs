//! `headwater serve`.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use headwater_core::error::{Code, Error, Result};
use metrics_exporter_prometheus::PrometheusBuilder;

use super::pending::Pending;
use super::terminal::say;
use super::{TOKEN_VARIABLE, start};
use crate::collection::Retention;
use crate::http::{self, Access, Limits, app};
use crate::location::Location;
use crate::server::Origin;
use crate::token::Token;
use headwater_http::cors::Readers;

/// Requests under way may finish within this time after a stop was asked for.
const GRACE: Duration = Duration::from_secs(10);
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper ends, in seconds, of the classes in which durations are counted.
const SECONDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Args)]
#[command(after_help = "Examples:
  headwater serve --data ./data
  HEADWATER_TOKEN=… headwater serve --data ./data --listen 0.0.0.0:7700
  AWS_ENDPOINT_URL=https://… headwater serve --data s3://bucket/words --key ./signing.key")]
pub(super) struct Options {
    /// A folder, or s3://bucket/prefix (credentials and endpoint from the usual AWS_ variables).
    #[arg(long, env = "HEADWATER_DATA", default_value = "./data", value_parser = NonEmptyStringValueParser::new())]
    data: String,
    /// Host and port.
    #[arg(long, env = "HEADWATER_LISTEN", default_value = "127.0.0.1:7700")]
    listen: String,
    /// Writes need this bearer token. Everybody on this machine sees what stands on a command line: better set
    /// HEADWATER_TOKEN.
    #[arg(long, env = TOKEN_VARIABLE, hide_env_values = true)]
    token: Option<Token>,
    /// Lets anyone write, on any address.
    #[arg(long)]
    insecure: bool,
    /// Origin whose pages may read here, such as https://site.example; can be given several times. * is all of them.
    /// Pages that this server or this machine's loopback serves may anyway.
    #[arg(long, value_name = "ORIGIN")]
    cors: Vec<String>,
    /// File of the signing key, when it is not in the data folder. HEADWATER_SIGNING_KEY holds the key itself.
    #[arg(long)]
    key: Option<PathBuf>,
    /// Folder of static files to serve at /.
    #[arg(long)]
    web: Option<PathBuf>,
    /// Milliseconds the log gathers writes before it makes them durable: a write waits for that, and a
    /// bucket bills for it. 5 with a folder, 50 with a bucket.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    flush_ms: Option<u64>,
    /// Hours after which a head counts as expired; the server signs a new one in time. Without it heads hold for ever,
    /// and a replica cannot tell a source that stands still from one that holds versions back.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=87_600))]
    head_hours: Option<u64>,
    /// Versions that are kept at least, the newest ones.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    keep_versions: u32,
    /// Hours for which a version is kept at least after another has replaced it. With 0 a version goes at once, and so
    /// does what no version names; otherwise that stays for an hour, so that readers under way find what they ask for.
    #[arg(long, default_value_t = 72)]
    keep_hours: u64,
    /// Serves from a store that cannot write on conditions (create an object only where there is none, replace only
    /// what was read). Two servers over such a store destroy each other's work.
    #[arg(long)]
    single_writer: bool,
    /// Takes a data folder from a server that runs over it: that one writes no more.
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    pending: Pending,
}

pub(super) async fn run(options: Options) -> Result<()> {
    start::log();
    http::log_panics();
    let readers = Readers::parse(options.cors.iter().map(String::as_str))
        .map_err(|e| Error::new(Code::InvalidOptions, format!("--cors: {}", e.message())))?;
    let addresses = start::resolve(&options.listen).await?;
    if options.token.is_none() && !options.insecure && !addresses.iter().all(|address| address.ip().is_loopback()) {
        let message = format!("{} is open to others: protect writes with --token, or say --insecure", options.listen);
        return Err(Error::new(Code::Unauthorized, message));
    }
    // One that no client can send would look like protection.
    options.token.as_ref().map(Token::header).transpose()?;
    options.web.as_deref().map(start::check_web).transpose()?;
    let failed = |what: &str, e: &dyn std::fmt::Display| Error::new(Code::StorageFailed, format!("{what}: {e}"));
    let recorder = PrometheusBuilder::new().set_buckets(&SECONDS).and_then(PrometheusBuilder::install_recorder);
    let recorder = recorder.map_err(|e| failed("metrics", &e))?;
    let upkeep = recorder.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    // The port first: a second server that is started by mistake must not take the data from the first.
    let listener = start::bind(&addresses, &options.listen).await?;
    let address = listener.local_addr().map_err(|e| failed("listening", &e))?;
    let flush_interval = options.flush_ms.map(Duration::from_millis);
    let hours = |hours: u64| Duration::from_secs(hours.saturating_mul(3600));
    let (versions, age) = (options.keep_versions as usize, hours(options.keep_hours));
    let location = Location {
        data: options.data,
        key: options.key,
        flush_interval,
        head_lifetime: options.head_hours.map(hours),
        retention: Retention::keeping(versions, age),
        single_writer: options.single_writer,
        take_over: options.take_over,
        address: format!("http://{address}"),
        pending: options.pending.limits()?,
        cache_bytes: None,
    };
    location.folder().map(start::check_folder).transpose()?;
    let origin = Origin::open(&location).await?;
    tokio::spawn(tell_of_the_end(Arc::clone(&origin)));
    if let Some(lifetime) = location.head_lifetime {
        tokio::spawn(renew_heads(Arc::downgrade(&origin), lifetime / 8));
    }
    tracing::info!(%address, data = location.data, "serving");
    say(format_args!("Headwater serves {} at http://{address} (API: http://{address}/docs)", location.data));
    let access = Access {
        token: options.token,
        insecure: options.insecure,
        web: options.web,
        readers,
        limits: Limits::default(),
    };
    let app = app(origin.clone(), &access, recorder);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    let mut overdue = stopped.clone();
    tokio::select! {
        () = http::serve(listener, app, &access.limits, stopped) => (),
        () = async {
            let _ = overdue.wait_for(|&stop| stop).await;
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("requests were cut off"),
    }
    origin.close().await
}

/// Says once that another server has taken over, also where nobody writes: searches go on, and nobody would look for
/// the reason.
async fn tell_of_the_end(origin: Arc<Origin>) {
    let error = origin.writing_ended().await;
    if error.code() != Code::Closed {
        tracing::error!(%error, "this server writes no more; it still answers searches, from what it has");
    }
}

/// Signs heads anew before they end: whoever has half of their life behind is due.
async fn renew_heads(origin: Weak<Origin>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(origin) = origin.upgrade() else { return };
        origin.renew_heads().await;
    }
}

/// Returns on Ctrl-C or a polite kill.
pub(super) async fn interrupted() {
    let ctrl_c = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let term = async {
        if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            signal.recv().await;
        }
    };
    #[cfg(not(unix))]
    let term = std::future::pending::<()>();
    tokio::select! { () = ctrl_c => (), () = term => () }
}
