//! What an invariant of our own code promises to be there.
//!
//! Nothing in the engine may panic in a browser or a server, so a slice is taken by `get` and what is absent becomes a
//! default. Where it cannot be absent unless the code itself is wrong, the default would hide the fault;
//! [`Promised::promised`] tells it wherever debug assertions are on, in all tests and fuzzing. What bytes from outside
//! can make absent is no promise: there a default, or an error, is the defined answer.

/// A value that is there unless the code around is wrong.
pub trait Promised {
    /// What is there.
    type Value;

    /// The value; with debug assertions a panic that names the caller where it is absent, without them the default.
    #[track_caller]
    fn promised(self) -> Self::Value;
}

impl<T: Default> Promised for Option<T> {
    type Value = T;

    #[inline(always)]
    fn promised(self) -> T {
        debug_assert!(self.is_some(), "a value that is always there is absent: a fault of this code");
        self.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_taken() {
        assert_eq!([1, 2, 3].get(1..).promised(), [2, 3]);
    }

    #[test]
    #[should_panic = "a fault of this code"]
    fn what_is_absent_is_told() {
        let _: &[u8] = [1u8, 2].get(3..).promised();
    }
}
