//! Items of one size in a section of which not all may be here.

use core::marker::PhantomData;
use core::ops::Range;

use bytemuck::Pod;

use crate::parts::Stretch;

/// Items one behind the other.
#[derive(Debug)]
pub struct Items<'a, T> {
    bytes: Stretch<'a>,
    item: PhantomData<T>,
}

impl<T> Clone for Items<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Items<'_, T> {}

impl<'a, T: Pod> From<Stretch<'a>> for Items<'a, T> {
    fn from(bytes: Stretch<'a>) -> Self {
        Self { bytes, item: PhantomData }
    }
}

impl<'a, T: Pod> From<&'a [T]> for Items<'a, T> {
    fn from(items: &'a [T]) -> Self {
        Self { bytes: bytemuck::cast_slice(items).into(), item: PhantomData }
    }
}

impl<'a, T: Pod> Items<'a, T> {
    /// How many, whether they are here or not.
    #[must_use]
    pub const fn len(self) -> usize {
        self.bytes.len() / size_of::<T>()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The item at a place; none where it is not here, or does not exist.
    #[inline]
    #[must_use]
    pub fn get(self, at: usize) -> Option<T> {
        self.some(at..at.checked_add(1)?)?.first().copied()
    }

    /// Items of a range; none where not all of them are here, or some do not exist.
    #[inline]
    #[must_use]
    pub fn some(self, range: Range<usize>) -> Option<&'a [T]> {
        let each = size_of::<T>();
        let bytes = self.bytes.get(range.start.checked_mul(each)?..range.end.checked_mul(each)?)?;
        bytemuck::try_cast_slice(bytes).ok()
    }

    /// Notes items that will be wanted, as far as they exist: see [`Stretch::want`].
    pub fn want(self, range: Range<usize>) {
        let bytes = |items: usize| items.min(self.len()) * size_of::<T>();
        self.bytes.want(bytes(range.start)..bytes(range.end));
    }

    /// All of them; none where not all are here, or their bytes are no whole number of items.
    #[must_use]
    pub fn all(self) -> Option<&'a [T]> {
        bytemuck::try_cast_slice(self.bytes.whole()?).ok()
    }
}
