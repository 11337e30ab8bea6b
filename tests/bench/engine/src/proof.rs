//! What it costs to check bytes that came from a stranger: whole, and page by page.

use headwater_core::error::Result;
use headwater_core::manifest::{BlobRef, PAGE_BYTES, PageList};
use wasm_bindgen::prelude::wasm_bindgen;

/// A blob in memory, its reference, and the list of its pages.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Proof {
    bytes: Vec<u8>,
    blob: BlobRef,
    list: PageList,
    /// Its pages, as they are sent.
    sent: Vec<u8>,
}

#[wasm_bindgen]
impl Proof {
    /// Over any bytes.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let (blob, list) = (BlobRef::of(&bytes), PageList::of(&bytes));
        let mut sent = PageList::encode_of(&bytes);
        sent.truncate(PageList::pages_bytes(&blob) as usize);
        Self { blob, list, sent, bytes }
    }

    /// Checks all bytes against the hash.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.blob.check(&self.bytes).is_ok()
    }

    /// Makes the list, as a publisher does.
    #[must_use]
    pub fn make(&self) -> bool {
        PageList::of(&self.bytes) == self.list
    }

    /// Reads the list as it was sent, which proves it, and then each page as if it were fetched alone.
    #[must_use]
    pub fn pages(&self) -> bool {
        self.prove().is_ok()
    }

    /// Bytes of the list.
    #[wasm_bindgen(getter, js_name = listBytes)]
    #[must_use]
    pub fn list_bytes(&self) -> f64 {
        PageList::pages_bytes(&self.blob) as f64
    }
}

impl Proof {
    fn prove(&self) -> Result<()> {
        let list = PageList::decode_pages(&self.sent, &self.blob)?;
        self.bytes.chunks(PAGE_BYTES).zip(0..).try_for_each(|(page, index)| list.check(index * PAGE_BYTES as u64, page))
    }
}
