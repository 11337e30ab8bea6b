//! `OPTIONS`, and methods that a path does not take: as the edge answers them.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// The router says in `Allow` what a path takes, and knows nothing of `OPTIONS`.
pub(super) async fn answer(request: Request, next: Next) -> Response {
    let asks = *request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let taken = response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    let taken: Vec<&str> = taken.split(',').filter(|method| !method.is_empty()).chain(["OPTIONS"]).collect();
    if let Ok(allow) = HeaderValue::from_str(&taken.join(", ")) {
        if asks {
            return (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response();
        }
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
