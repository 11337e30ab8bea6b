//! A store that stops at a named operation until it is let go on: what happens meanwhile happens at a known place.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::watch;

#[derive(Debug, Default)]
struct State {
    /// How the operation begins at which to stop next.
    stops_at: Option<String>,
    /// Whether one has stopped.
    stopped: bool,
}

/// Any store, with a gate.
#[derive(Debug, Clone)]
pub(crate) struct Gated {
    inner: Arc<dyn ObjectStore>,
    state: Arc<watch::Sender<State>>,
}

impl Gated {
    pub(crate) fn over(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, state: Arc::new(watch::Sender::new(State::default())) }
    }

    /// The next operation that begins so will stop: a verb, and as much of a path as is known.
    pub(crate) fn stop_at(&self, operation: &str) {
        self.state.send_modify(|state| state.stops_at = Some(operation.to_owned()));
    }

    /// Returns when it has.
    pub(crate) async fn stopped(&self) {
        self.state.subscribe().wait_for(|state| state.stopped).await.unwrap();
    }

    /// It goes on.
    pub(crate) fn go_on(&self) {
        self.state.send_modify(|state| state.stopped = false);
    }

    async fn pass(&self, verb: &str, path: &Path) {
        let operation = format!("{verb} {path}");
        let stops = self.state.send_if_modified(|state| {
            let stops = state.stops_at.as_ref().is_some_and(|wanted| operation.starts_with(wanted));
            if stops {
                *state = State { stops_at: None, stopped: true };
            }
            stops
        });
        if stops {
            self.state.subscribe().wait_for(|state| !state.stopped).await.unwrap();
        }
    }
}

impl fmt::Display for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gated")
    }
}

#[async_trait]
impl ObjectStore for Gated {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.pass("put", location).await;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.pass("put", location).await;
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.pass("get", location).await;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let one = move |location: Result<Path>| {
            let this = this.clone();
            async move {
                let location = location?;
                this.pass("delete", &location).await;
                this.inner.delete_stream(stream::iter([Ok(location)]).boxed()).next().await.unwrap()
            }
        };
        locations.then(one).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.pass("copy", to).await;
        self.inner.copy_opts(from, to, options).await
    }
}
