//! `--serve`: the site as a server of plain files shows it, on this machine. With ranges, which a search needs.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use headwater_core::error::{Code, Error, Result};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::places::invalid;
use crate::cli::serve::interrupted;
use crate::cli::start;
use crate::cli::terminal::say;

/// Listens on the loopback, before anything is built: a port that is taken is heard of at once.
pub(super) async fn listen(listen: &str) -> Result<(TcpListener, SocketAddr)> {
    let listen = if listen.contains(':') { listen.to_owned() } else { format!("127.0.0.1:{listen}") };
    let named = |error: Error| Error::new(error.code(), error.message().replace("--listen", "--serve"));
    let addresses = start::resolve(&listen).await.map_err(named)?;
    if !addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(invalid(&format!(
            "--serve={listen} is open to others; it is for a look on this machine: name an address such as 127.0.0.1:8000"
        )));
    }
    let listener = start::bind(&addresses, &listen).await.map_err(named)?;
    let address = listener.local_addr().map_err(|error| Error::new(Code::Unreachable, error.to_string()))?;
    Ok((listener, address))
}

/// Serves until it is stopped.
pub(super) async fn serve(listener: TcpListener, address: SocketAddr, site: PathBuf) -> Result<()> {
    say(format_args!("{} is at http://{address}/ until Ctrl-C", site.display()));
    // As hosts do that leave out the ending: what is asked for as `guide` is `guide.html`.
    let (pages, missing) = (site.clone(), site.join("404.html"));
    let pages = Router::new()
        .fallback_service(ServeDir::new(pages).not_found_service(ServeFile::new(missing)))
        .layer(from_fn(with_ending));
    let files = ServeDir::new(&site).fallback(pages);
    let no_cache = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let app = Router::new().fallback_service(files).layer(no_cache);
    let served = axum::serve(listener, app).with_graceful_shutdown(interrupted());
    served.await.map_err(|error| Error::new(Code::Unreachable, error.to_string()))
}

async fn with_ending(mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.ends_with('/') && !path.rsplit('/').next().unwrap_or_default().contains('.') {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        if let Ok(uri) = format!("{path}.html{query}").parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}
