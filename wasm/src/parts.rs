//! A replica of which parts come as searches want them.
//!
//! ```text
//! planParts  manifest ── hash ──> a version of which nothing is here
//! openParts  whether enough of it is here to be served
//! wants      what openParts, or a search, did not find here ──> the package fetches it
//! takePart   its bytes ── proof ──> copied into the engine's memory, within its budget
//! ```
//!
//! A version may be on its way while another one is searched, so each call says of which of the two it is.

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::Manifest;
use headwater_core::snapshot::{Arriving, Proof, Want};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::border::to_js;
use crate::follow::{Next, out_of_order};
use crate::replica::{Replica, Served};

/// Bytes of parts beyond which those used longest ago go between searches, whatever the budget allows: a tab then has
/// about twice as many in all, and what went comes back from the store. A search that needs more has more, until the
/// next one.
const HELD_BYTES: u64 = 12 << 20;

/// Bytes that are wanted of a blob, or of its page list.
#[wasm_bindgen]
#[derive(Debug)]
pub struct WantedPart(Want);

#[wasm_bindgen]
impl WantedPart {
    /// The blob's hash.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn hash(&self) -> String {
        self.0.blob.hash.to_string()
    }

    /// Bytes that the blob has.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn bytes(&self) -> f64 {
        self.0.blob.bytes as f64
    }

    /// Whether they are of the blob's page list.
    #[wasm_bindgen(getter, js_name = ofList)]
    #[must_use]
    pub fn of_list(&self) -> bool {
        self.0.proof == Proof::Pages
    }

    /// The first byte.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn start(&self) -> f64 {
        self.0.range.start as f64
    }

    /// The byte behind the last one.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn end(&self) -> f64 {
        self.0.range.end as f64
    }

    /// The first byte, and the one behind the last, of what is wanted of the page list to prove them; 0 and 0 where
    /// nothing is.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn groups(&self) -> Vec<f64> {
        match &self.0.proof {
            Proof::Groups(range) => vec![range.start as f64, range.end as f64],
            _ => vec![0.0, 0.0],
        }
    }
}

#[wasm_bindgen]
impl Replica {
    /// Reads the manifest of the head that was accepted, as a version whose parts come when they are wanted.
    #[wasm_bindgen(js_name = planParts)]
    pub fn plan_parts(&mut self, manifest: &str) -> std::result::Result<(), JsValue> {
        self.plan_arriving(manifest).map_err(|e| to_js(&e))
    }

    /// Whether enough is here to serve it.
    #[wasm_bindgen(js_name = openParts)]
    pub fn open_parts(&mut self) -> std::result::Result<bool, JsValue> {
        let arriving = self.next.as_mut().and_then(|next| next.arriving.as_mut());
        match arriving.ok_or_else(out_of_order).and_then(|arriving| arriving.snapshot().map(drop)) {
            Err(error) if error.code() == Code::PartsMissing => Ok(false),
            opened => opened.map(|()| true).map_err(|e| to_js(&e)),
        }
    }

    /// What was not found here since the last call: of the version on its way, or of the one that is served.
    pub fn wants(
        &mut self,
        #[wasm_bindgen(js_name = ofNext)] of_next: bool,
    ) -> std::result::Result<Vec<WantedPart>, JsValue> {
        let wants = self.arriving(of_next).and_then(Arriving::wants).map_err(|e| to_js(&e))?;
        Ok(wants.into_iter().map(WantedPart).collect())
    }

    /// Copies bytes that were wanted, checks them against the bytes of the page list that prove them, and takes them.
    /// Where much is held, what was used longest ago goes; fails with `over_budget` where what is in use leaves no
    /// room.
    #[wasm_bindgen(js_name = takePart)]
    pub fn take_part(
        &mut self,
        #[wasm_bindgen(js_name = ofNext)] of_next: bool,
        want: &WantedPart,
        bytes: &Uint8Array,
        groups: &Uint8Array,
    ) -> std::result::Result<(), JsValue> {
        let budget = self.budget_bytes;
        let taken = self.arriving(of_next).and_then(|arriving| {
            arriving.make_room(bytes.length().into(), HELD_BYTES, budget)?;
            arriving.take(&want.0, &bytes.to_vec(), &groups.to_vec())
        });
        taken.map_err(|e| to_js(&e))
    }

    /// Says that no search is under way: what was used until now may go where room is needed.
    pub fn idle(&mut self) {
        if let Some(Served::Parts(arriving)) = &mut self.served {
            arriving.idle();
        }
    }

    /// Begins to fetch all of the version that is served in parts: `plan`, `take`, `open` and `serve` follow, as after
    /// `accept`.
    pub fn fill(&mut self) -> std::result::Result<(), JsValue> {
        let head = self.head.clone().ok_or_else(|| to_js(&out_of_order()))?;
        self.next = Some(Next::of(head));
        Ok(())
    }
}

impl Replica {
    fn plan_arriving(&mut self, manifest: &str) -> Result<()> {
        let next = self.next.as_mut().ok_or_else(out_of_order)?;
        let manifest = Manifest::decode(manifest.as_bytes(), &next.head)?;
        next.arriving = Some(match &self.served {
            Some(Served::Parts(arriving)) => arriving.next(manifest)?,
            Some(Served::Whole(snapshot)) => Arriving::after(snapshot, manifest)?,
            None => Arriving::new(manifest)?,
        });
        Ok(())
    }

    /// The version on its way into service, or the one that is served.
    fn arriving(&mut self, of_next: bool) -> Result<&mut Arriving> {
        let arriving = match (of_next, &mut self.served) {
            (true, _) => self.next.as_mut().and_then(|next| next.arriving.as_mut()),
            (false, Some(Served::Parts(arriving))) => Some(&mut **arriving),
            _ => None,
        };
        arriving.ok_or_else(|| Error::new(Code::Internal, "no version is held in parts"))
    }
}
