//! Options of `headwater serve` that say how much may be unpublished.

use bytesize::ByteSize;
use clap::Args;
use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_PENDING_BYTES;

use crate::pending::Limits;

/// Less than this is a slip, such as a unit left out: one point can have more.
const LEAST_BYTES: u64 = 256 * 1024;

#[derive(Args)]
pub(super) struct Pending {
    /// Publishes a collection without being asked when its unpublished changes keep so much memory (512MiB, or two
    /// thirds of --pending-limit), or never: off.
    #[arg(long, value_name = "SIZE|off")]
    publish_at: Option<PublishAt>,
    /// Memory that unpublished changes of one collection may keep; writes beyond it are refused until it is published.
    /// At most 1GiB, because a publish writes all of them into one segment.
    #[arg(long, value_name = "SIZE", default_value = "768MiB", value_parser = size)]
    pending_limit: ByteSize,
    /// The same for all collections together. The largest one is published at half of it, unless --publish-at is off.
    #[arg(long, value_name = "SIZE", default_value = "1536MiB", value_parser = size)]
    pending_total: ByteSize,
}

#[derive(Clone, Copy)]
enum PublishAt {
    Off,
    Bytes(u64),
}

/// A size as it is typed.
fn size(text: &str) -> std::result::Result<ByteSize, String> {
    text.parse().map_err(|_| "a size is a number and a unit, such as 512MiB".to_owned())
}

impl std::str::FromStr for PublishAt {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            text => size(text).map(|size| Self::Bytes(size.as_u64())),
        }
    }
}

impl Pending {
    /// The limits, when they fit each other.
    pub(super) fn limits(&self) -> Result<Limits> {
        let (collection_bytes, total_bytes) = (self.pending_limit.as_u64(), self.pending_total.as_u64());
        let wrong = |message: String| Err(Error::new(Code::InvalidOptions, message));
        let least = ByteSize::b(LEAST_BYTES).display().iec();
        if !(LEAST_BYTES..=MAX_PENDING_BYTES).contains(&collection_bytes) {
            let most = ByteSize::b(MAX_PENDING_BYTES).display().iec();
            return wrong(format!(
                "--pending-limit {} is not between {least} and {most}",
                self.pending_limit.display().iec()
            ));
        }
        if total_bytes < LEAST_BYTES {
            return wrong(format!(
                "--pending-total {} is too small for a few points: at least {least}",
                self.pending_total.display().iec()
            ));
        }
        let usual = Limits::default().publish_at.map(|at| at.min(collection_bytes / 3 * 2));
        let publish_at = match self.publish_at {
            None => usual,
            Some(PublishAt::Off) => None,
            Some(PublishAt::Bytes(at)) if at < LEAST_BYTES => {
                return wrong(format!(
                    "--publish-at {} would publish after nearly every write: at least {least}, or off",
                    ByteSize::b(at).display().iec()
                ));
            }
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
        for option in ["--publish-at", "--pending-limit", "--pending-total"] {
            let refused = Parsed::try_parse_from(["serve", option, "often"]).err().unwrap().to_string();
            assert!(refused.contains("a size is a number and a unit, such as 512MiB"), "{refused}");
        }
        for slip in
            [["--publish-at", "3"], ["--pending-limit", "1"], ["--pending-total", "1"], ["--pending-total", "0"]]
        {
            let refused = limits(&slip).unwrap_err();
            let says = refused.message().contains("256.0 KiB") && refused.message().contains(slip[0]);
            assert!(says && refused.code() == Code::InvalidOptions, "{refused}");
        }
        assert!(limits(&["--publish-at", "256KiB", "--pending-limit", "300KiB", "--pending-total", "256KiB"]).is_ok());
    }
}
