//! A body of the runtime, read piece by piece.
//!
//! The usual reader hands out 4 KiB at a time. A "bring your own buffer" reader with the runtime's
//! `readAtLeast` fills large pieces, so that a blob of 50 MB costs 50 trips instead of 12,000.

use headwater_core::bytes::{AlignedBuilder, AlignedBytes};
use headwater_core::error::{Code, Error, Result};
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStream;

/// Bytes of one piece of a blob.
const PIECE_BYTES: u32 = 1024 * 1024;
/// Bytes of one piece of a body whose length is not known.
const SMALL_PIECE_BYTES: u32 = 16 * 1024;
/// Bytes of a refused body that are read all the same: as much as Cloudflare lets in on most plans.
const MAX_UNHEARD_BYTES: u64 = 100 * 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    /// A `ReadableStream` whose reader fills buffers.
    type ByteSource;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(this: &ByteSource, options: &Object) -> Result<ByteReader, JsValue>;

    type ByteReader;
    #[wasm_bindgen(method, catch, js_name = readAtLeast)]
    fn read_at_least(this: &ByteReader, min_bytes: u32, buffer: &Uint8Array) -> Result<Promise, JsValue>;
}

/// Reads a stream.
pub(crate) struct Pieces(ByteReader);

impl Pieces {
    pub(crate) fn of(stream: ReadableStream) -> Result<Self> {
        let options = Object::new();
        Reflect::set(&options, &"mode".into(), &"byob".into()).map_err(failed)?;
        JsValue::from(stream).unchecked_into::<ByteSource>().get_reader(&options).map(Self).map_err(failed)
    }

    /// The next bytes: `bytes` of them, fewer only at the end; none after the end.
    async fn next(&mut self, bytes: u32) -> Result<Option<Uint8Array>> {
        self.next_into(Uint8Array::new_with_length(bytes)).await
    }

    /// The same, in the memory of `buffer`, which the runtime takes and hands back.
    async fn next_into(&mut self, buffer: Uint8Array) -> Result<Option<Uint8Array>> {
        let promise = self.0.read_at_least(buffer.length(), &buffer).map_err(failed)?;
        let result = JsFuture::from(promise).await.map_err(failed)?;
        let value = Reflect::get(&result, &"value".into()).map_err(failed)?;
        Ok(value.dyn_into::<Uint8Array>().ok().filter(|piece| piece.length() > 0))
    }

    /// The whole stream, at most `max_bytes` of it.
    pub(crate) async fn all(mut self, what: &str, max_bytes: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next(SMALL_PIECE_BYTES).await? {
            let start = bytes.len();
            let end = start + piece.length() as usize;
            if end > max_bytes {
                self.discard().await?;
                return Err(Error::new(
                    Code::LimitExceeded,
                    format!("{what} has at most {max_bytes} bytes, this one has more"),
                ));
            }
            bytes.resize(end, 0);
            if let Some(space) = bytes.get_mut(start..) {
                piece.copy_to(space);
            }
        }
        Ok(bytes)
    }

    /// Reads and drops the rest of a request: a client that sends all before it listens would find
    /// its connection reset instead of the answer.
    pub(crate) async fn discard(&mut self) -> Result<()> {
        let mut rest = MAX_UNHEARD_BYTES;
        while rest > 0 {
            let Some(piece) = self.next(SMALL_PIECE_BYTES).await? else { break };
            rest = rest.saturating_sub(u64::from(piece.length()));
        }
        Ok(())
    }

    /// The whole stream of exactly `len` bytes in aligned memory; `beat` is called for each piece
    /// and ends the reading with its error. All pieces pass through one small buffer.
    pub(crate) async fn aligned(mut self, len: u64, mut beat: impl FnMut() -> Result<()>) -> Result<AlignedBytes> {
        let past = |_| Error::new(Code::LimitExceeded, "an object past 4 GiB");
        let mut built = AlignedBuilder::with_len(usize::try_from(len).map_err(past)?);
        let mut buffer = Uint8Array::new_with_length(PIECE_BYTES);
        while let Some(piece) = self.next_into(buffer).await? {
            built.append_with(piece.length() as usize, |space| piece.copy_to(space))?;
            beat()?;
            buffer = Uint8Array::new(&piece.buffer());
        }
        built.finish()
    }
}

fn failed(value: JsValue) -> Error {
    let message = value.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{value:?}"), |e| String::from(e.message()));
    Error::new(Code::StorageFailed, format!("a body could not be read: {message}"))
}
