//! Room for bodies in memory. It is taken by bytes that have arrived, never by those that are promised.

use std::sync::Arc;
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that one permit stands for.
const UNIT_BYTES: usize = 1024;

/// So many bytes, shared by all requests of a kind.
#[derive(Debug, Clone)]
pub(super) struct Room {
    free: Arc<Semaphore>,
    wait: Duration,
}

/// What one request holds; it is given back when this goes.
#[derive(Debug)]
pub(super) struct Held {
    room: Room,
    permit: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Room for so many bytes. Who gets none within `wait` is refused: requests that each hold a part and wait for more
    /// must not wait for one another.
    pub(super) fn new(bytes: usize, wait: Duration) -> Self {
        Self { free: Arc::new(Semaphore::new(bytes / UNIT_BYTES)), wait }
    }

    pub(super) fn enter(&self) -> Held {
        Held { room: self.clone(), permit: None }
    }
}

impl Held {
    /// Holds room for so many bytes in all, from now on.
    pub(super) async fn hold(&mut self, bytes: usize) -> Result<()> {
        let wanted = bytes.div_ceil(UNIT_BYTES);
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if wanted < held {
            self.permit.as_mut().and_then(|permit| permit.split(held - wanted));
            return Ok(());
        }
        let missing = u32::try_from(wanted - held).unwrap_or(u32::MAX);
        if missing == 0 {
            return Ok(());
        }
        let acquired =
            tokio::time::timeout(self.room.wait, Arc::clone(&self.room.free).acquire_many_owned(missing)).await;
        let Ok(acquired) = acquired else {
            let message = "the server holds as many bytes of requests as it can; send the request again in a moment";
            return Err(Error::new(Code::NotReady, message));
        };
        let acquired = acquired.map_err(|_| Error::new(Code::Closed, "the server is stopping"))?;
        match &mut self.permit {
            Some(permit) => permit.merge(acquired),
            None => self.permit = Some(acquired),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_is_taken_by_what_has_arrived_and_given_back() {
        let room = Room::new(8 * UNIT_BYTES, Duration::from_millis(10));
        let (mut one, mut other) = (room.enter(), room.enter());
        one.hold(5 * UNIT_BYTES - 1).await.unwrap();
        assert_eq!(other.hold(4 * UNIT_BYTES).await.unwrap_err().code(), Code::NotReady);
        one.hold(1).await.unwrap();
        other.hold(7 * UNIT_BYTES).await.unwrap();
        assert_eq!(one.hold(2 * UNIT_BYTES).await.unwrap_err().code(), Code::NotReady);
        drop(other);
        one.hold(8 * UNIT_BYTES).await.unwrap();
        one.hold(0).await.unwrap();
        assert_eq!(room.free.available_permits(), 8);
    }
}
