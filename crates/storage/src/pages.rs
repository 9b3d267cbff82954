//! The pages of a file, by number.

use std::sync::Arc;

/// The size of a page, in bytes.
pub(crate) const PAGE: usize = 4_096;

/// The bytes of one page.
///
/// In a box of its own, which is allocated as zeros: memory that is new from the system needs no zeros written.
pub(crate) type Page = Box<[u8; PAGE]>;

/// The pages of a file that are not zeros, in order of their numbers.
///
/// Most files have no holes, so each page is at the index of its number; a list finds it faster than a tree.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Pages(Vec<(u64, Arc<Page>)>);

impl Pages {
    /// The index of a page, or that at which it would be inserted.
    #[inline]
    fn place(&self, page: u64) -> Result<usize, usize> {
        let index = page as usize;
        if self.0.get(index).is_some_and(|(number, _)| *number == page) { Ok(index) } else { self.search(page) }
    }

    /// As [`place`](Self::place), for a page that holes come before.
    #[inline(never)]
    fn search(&self, page: u64) -> Result<usize, usize> {
        self.0.binary_search_by_key(&page, |(number, _)| *number)
    }

    /// Returns a page; `None` for zeros.
    #[inline]
    pub(crate) fn get(&self, page: u64) -> Option<&Arc<Page>> {
        self.place(page).ok().map(|index| &self.0[index].1)
    }

    /// Returns a page to change it; adds one of zeros if there is none.
    #[inline]
    pub(crate) fn get_mut(&mut self, page: u64) -> &mut Page {
        let index = self.place(page).unwrap_or_else(|index| self.insert_zeros(index, page));
        Arc::make_mut(&mut self.0[index].1)
    }

    #[cold]
    fn insert_zeros(&mut self, index: usize, page: u64) -> usize {
        let zeros: Page = vec![0; PAGE].try_into().expect("it has the length of a page");
        self.0.insert(index, (page, Arc::new(zeros)));
        index
    }
}

/// For the simulated twin.
#[cfg(any(test, feature = "test-utils"))]
impl Pages {
    /// Replaces a page.
    #[cfg(feature = "test-utils")]
    pub(crate) fn set(&mut self, page: u64, bytes: Arc<Page>) {
        match self.place(page) {
            Ok(index) => self.0[index].1 = bytes,
            Err(index) => self.0.insert(index, (page, bytes)),
        }
    }

    /// Removes a page.
    #[cfg(feature = "test-utils")]
    pub(crate) fn remove(&mut self, page: u64) {
        if let Ok(index) = self.place(page) {
            self.0.remove(index);
        }
    }

    /// Removes the pages from `page` on.
    #[inline]
    pub(crate) fn truncate(&mut self, page: u64) {
        if self.0.last().is_some_and(|(last, _)| *last >= page) {
            let (Ok(index) | Err(index)) = self.place(page);
            self.0.truncate(index);
        }
    }

    /// The numbers of the pages from `page` on.
    pub(crate) fn numbers_from(&self, page: u64) -> impl Iterator<Item = u64> {
        let (Ok(index) | Err(index)) = self.place(page);
        self.0[index..].iter().map(|(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_with_and_without_holes() {
        for numbers in [&[0, 1, 2][..], &[2, 0, 1], &[5, 1, 9, 0], &[u64::MAX, 1 << 33]] {
            let mut pages = Pages::default();
            for number in numbers {
                pages.get_mut(*number)[0] = !*number as u8;
            }
            let mut sorted = numbers.to_vec();
            sorted.sort_unstable();
            assert_eq!(pages.numbers_from(0).collect::<Vec<_>>(), sorted);
            assert_eq!(pages.numbers_from(sorted[1]).collect::<Vec<_>>(), sorted[1..]);
            for number in (0..12).chain(sorted.iter().copied()) {
                let byte = sorted.contains(&number).then_some(!number as u8);
                assert_eq!(pages.get(number).map(|page| page[0]), byte, "page {number} of {sorted:?}");
            }
            pages.truncate(sorted[1]);
            assert_eq!(pages.numbers_from(0).collect::<Vec<_>>(), sorted[..1]);
        }
    }
}
