//! `--serve`: the site as a server of plain files shows it, on this machine. With ranges, which a search needs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use headwater_core::error::{Code, Error, Result};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::places::invalid;
use crate::cli::serve::interrupted;
use crate::cli::start;

/// Browsers keep connections open on which they ask nothing: whoever stops it does not wait for these.
const GRACE: Duration = Duration::from_secs(1);

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
pub(super) async fn serve(listener: TcpListener, site: PathBuf) -> Result<()> {
    let missing = ServeFile::new(site.join("404.html"));
    let files = ServeDir::new(&site).not_found_service(missing);
    let no_cache = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let app = Router::new().fallback_service(files).layer(from_fn(with_ending)).layer(no_cache);
    let served = axum::serve(listener, app).with_graceful_shutdown(interrupted());
    tokio::select! {
        ended = async { served.await } => ended.map_err(|error| Error::new(Code::Unreachable, error.to_string())),
        () = async { interrupted().await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

/// As hosts do that leave out the ending: what is asked for as `guide` is `guide.html`, also where there is a folder of
/// that name.
async fn with_ending(request: Request, next: Next) -> Response {
    if let Some(uri) = ending(request.uri()) {
        let mut of_page = Request::new(Body::empty());
        *of_page.method_mut() = request.method().clone();
        *of_page.headers_mut() = request.headers().clone();
        *of_page.uri_mut() = uri;
        let response = next.clone().run(of_page).await;
        if response.status() != StatusCode::NOT_FOUND {
            return response;
        }
    }
    next.run(request).await
}

/// The same with the ending of a page, where there is none.
fn ending(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if path.rsplit('/').next().is_none_or(|name| name.is_empty() || name.contains('.')) {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{path}.html{query}").parse().ok()
}
