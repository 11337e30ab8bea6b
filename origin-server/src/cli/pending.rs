//! Options of `headwater serve` that say how much may be unpublished.

use bytesize::ByteSize;
use clap::Args;
use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_PENDING_BYTES;

use crate::pending::Limits;

#[derive(Args)]
pub(super) struct Pending {
    /// Publishes a collection without being asked when its unpublished changes keep so much memory (512MiB, or two thirds of --pending-limit), or
    /// never: off.
    #[arg(long, value_name = "SIZE|off")]
    publish_at: Option<PublishAt>,
    /// Memory that unpublished changes of one collection may keep; writes beyond it are refused until it is published. At most 1GiB, because a
    /// publish writes all of them into one segment.
    #[arg(long, value_name = "SIZE", default_value = "768MiB")]
    pending_limit: ByteSize,
    /// The same for all collections together. The largest one is published at half of it, unless --publish-at is off.
    #[arg(long, value_name = "SIZE", default_value = "1536MiB")]
    pending_total: ByteSize,
}

#[derive(Clone, Copy)]
enum PublishAt {
    Off,
    Bytes(u64),
}

impl std::str::FromStr for PublishAt {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            size => size.parse::<ByteSize>().map(|size| Self::Bytes(size.as_u64())),
        }
    }
}

impl Pending {
    /// The limits, when they fit each other.
    pub(super) fn limits(&self) -> Result<Limits> {
        let (collection_bytes, total_bytes) = (self.pending_limit.as_u64(), self.pending_total.as_u64());
        let wrong = |message: String| Err(Error::new(Code::LimitExceeded, message));
        if collection_bytes > MAX_PENDING_BYTES || collection_bytes == 0 {
            let most = ByteSize::b(MAX_PENDING_BYTES).display().iec();
            return wrong(format!(
                "--pending-limit {} is not between 1 B and {most}",
                self.pending_limit.display().iec()
            ));
        }
        let usual = Limits::default().publish_at.map(|at| at.min(collection_bytes / 3 * 2));
        let publish_at = match self.publish_at {
            None => usual,
            Some(PublishAt::Off) => None,
            Some(PublishAt::Bytes(at)) if at < collection_bytes => Some(at),
            Some(PublishAt::Bytes(at)) => {
                let (at, limit) = (ByteSize::b(at).display().iec(), self.pending_limit.display().iec());
                return wrong(format!(
                    "--publish-at {at} is not below --pending-limit {limit}: writes would be refused before anything is published"
                ));
            }
        };
        Ok(Limits { collection_bytes, total_bytes, publish_at })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Parsed {
        #[command(flatten)]
        pending: Pending,
    }

    const MIB: u64 = 1024 * 1024;

    fn limits(arguments: &[&str]) -> Result<Limits> {
        Parsed::try_parse_from([&["serve"], arguments].concat()).unwrap().pending.limits()
    }

    #[test]
    fn sizes_have_units_and_fit_each_other() {
        assert_eq!(limits(&[]), Ok(Limits::default()));
        let set = limits(&["--publish-at", "10 MiB", "--pending-limit", "64MB", "--pending-total", "2GiB"]).unwrap();
        let wanted = Limits { collection_bytes: 64_000_000, total_bytes: 2048 * MIB, publish_at: Some(10 * MIB) };
        assert_eq!(set, wanted);
        assert_eq!(limits(&["--publish-at", "off"]).unwrap().publish_at, None);
        assert_eq!(limits(&["--pending-limit", "60MiB"]).unwrap().publish_at, Some(40 * MIB), "below the limit");
        let refused = limits(&["--publish-at", "768MiB"]).unwrap_err();
        assert!(refused.message().contains("not below --pending-limit 768.0 MiB"), "{refused}");
        assert!(limits(&["--pending-limit", "2GiB"]).unwrap_err().message().contains("1.0 GiB"));
        assert!(Parsed::try_parse_from(["serve", "--publish-at", "often"]).is_err());
    }
}
