//! The bytes of a file, in pages that images of the disk share.

use std::fmt;
#[cfg(any(test, feature = "test-utils"))]
use std::sync::Arc;

use crate::pages::{PAGE, Page, Pages};

/// The bytes of a file.
///
/// A clone shares every page until one of the two is written, so images of a disk cost what differs. A page that was never written
/// is zeros and costs nothing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Content {
    pages: Pages,
    length: u64,
}

/// The part of a page that a range of bytes covers.
pub(crate) struct Piece {
    /// The number of the page.
    pub(crate) page: u64,
    /// The first byte within it.
    pub(crate) from: usize,
    /// The byte after the last one.
    pub(crate) to: usize,
}

/// The range of bytes as one piece, if it is not empty and within one page, as most are.
#[inline]
pub(crate) fn piece_within_page(offset: u64, length: usize) -> Option<Piece> {
    let (page, from) = (offset / PAGE as u64, (offset % PAGE as u64) as usize);
    (1..=PAGE - from).contains(&length).then(|| Piece { page, from, to: from + length })
}

/// Splits a range of bytes at the ends of pages.
pub(crate) fn pieces(offset: u64, length: usize) -> impl Iterator<Item = Piece> {
    let (mut at, end) = (offset, offset + length as u64);
    std::iter::from_fn(move || {
        let (page, from) = (at / PAGE as u64, (at % PAGE as u64) as usize);
        let to = ((end - at) as usize + from).min(PAGE);
        (at < end).then(|| {
            at += (to - from) as u64;
            Piece { page, from, to }
        })
    })
}

impl Content {
    /// Creates the content of a file that holds these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut content = Self::default();
        content.write(0, bytes);
        content
    }

    /// Returns the length in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns up to `length` bytes from `offset` on; fewer at the end.
    pub fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        let length = self.length.saturating_sub(offset).min(length as u64) as usize;
        let mut bytes = Vec::with_capacity(length);
        for Piece { page, from, to } in pieces(offset, length) {
            match self.pages.get(page) {
                Some(page) => bytes.extend_from_slice(&page[from..to]),
                None => bytes.resize(bytes.len() + to - from, 0),
            }
        }
        bytes
    }

    /// Returns all bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.read(0, usize::try_from(self.length).unwrap_or(usize::MAX))
    }

    /// Overwrites bytes, and grows if they reach beyond the end.
    #[inline]
    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) {
        match piece_within_page(offset, bytes.len()) {
            Some(Piece { page, from, to }) => self.page_mut(page)[from..to].copy_from_slice(bytes),
            None => self.write_pages(offset, bytes),
        }
        if !bytes.is_empty() {
            self.length = self.length.max(offset + bytes.len() as u64);
        }
    }

    #[inline(never)]
    fn write_pages(&mut self, offset: u64, bytes: &[u8]) {
        let mut rest = bytes;
        for Piece { page, from, to } in pieces(offset, bytes.len()) {
            let (part, after) = rest.split_at(to - from);
            self.page_mut(page)[from..to].copy_from_slice(part);
            rest = after;
        }
    }

    /// Returns a page to change it.
    #[inline]
    pub(crate) fn page_mut(&mut self, page: u64) -> &mut Page {
        self.pages.get_mut(page)
    }
}

/// For the simulated twin.
#[cfg(any(test, feature = "test-utils"))]
impl Content {
    /// Sets the length; bytes beyond it are zeros if it grows again.
    pub(crate) fn set_len(&mut self, length: u64) {
        if length < self.length {
            let (page, from) = (length / PAGE as u64, (length % PAGE as u64) as usize);
            self.pages.truncate(page + u64::from(from > 0));
            if self.pages.get(page).is_some() {
                self.page_mut(page)[from..].fill(0);
            }
        }
        self.length = length;
    }

    /// Sets the length of a content whose pages may reach beyond it; what is beyond is zeros if it grows again.
    #[cfg(feature = "test-utils")]
    pub(crate) fn fit(&mut self, length: u64) {
        self.length = u64::MAX;
        self.set_len(length);
    }

    /// Copies a range of bytes of another content, which may end before; whole pages are shared.
    #[cfg(feature = "test-utils")]
    pub(crate) fn copy_from(&mut self, other: &Self, range: std::ops::Range<u64>) {
        for Piece { page, from, to } in pieces(range.start, range.end.saturating_sub(range.start) as usize) {
            let bytes = other.page(page);
            match bytes {
                _ if from == 0 && to == PAGE => self.set_page(page, bytes.map(Arc::clone)),
                Some(bytes) => self.page_mut(page)[from..to].copy_from_slice(&bytes[from..to]),
                None if self.page(page).is_some() => self.page_mut(page)[from..to].fill(0),
                None => {}
            }
        }
        self.length = self.length.max(range.end);
    }

    /// Returns the offset before which all bytes are those of another content; at most the length of the shorter one.
    ///
    /// A page that both share is not read.
    #[cfg(feature = "test-utils")]
    pub(crate) fn equal_until(&self, other: &Self) -> u64 {
        let length = self.length.min(other.length);
        let is_equal = |page: u64| match (self.page(page), other.page(page)) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        for page in (0..length.div_ceil(PAGE as u64)).filter(|page| !is_equal(*page)) {
            let [one, other] = [self, other].map(|content| content.page(page).map_or(&[0; PAGE][..], |page| &page[..]));
            let start = page * PAGE as u64;
            let shared = (length - start).min(PAGE as u64) as usize;
            if one[..shared] != other[..shared] {
                let first = one.iter().zip(other).position(|(one, other)| one != other);
                return start + first.expect("they differ before that") as u64;
            }
        }
        length
    }

    /// Returns a page; `None` for zeros.
    pub(crate) fn page(&self, page: u64) -> Option<&Arc<Page>> {
        self.pages.get(page)
    }

    /// Replaces a page; `None` for zeros.
    pub(crate) fn set_page(&mut self, page: u64, bytes: Option<Arc<Page>>) {
        match bytes {
            Some(bytes) => self.pages.set(page, bytes),
            None => self.pages.remove(page),
        }
    }

    /// The numbers of the pages from `page` on that are not zeros.
    pub(crate) fn pages_from(&self, page: u64) -> impl Iterator<Item = u64> {
        self.pages.numbers_from(page)
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Content").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_written_across_pages_and_holes() {
        let mut content = Content::default();
        content.write(PAGE as u64 - 2, b"abcd");
        content.write(3 * PAGE as u64, b"z");
        assert_eq!(content.len(), 3 * PAGE as u64 + 1);
        assert_eq!(content.read(PAGE as u64 - 3, 6), b"\0abcd\0");
        assert_eq!(content.read(3 * PAGE as u64 - 1, 9), b"\0z", "fewer at the end");
        assert_eq!(content.read(4 * PAGE as u64, 9), b"");
    }

    #[test]
    fn bytes_that_were_cut_off_do_not_come_back() {
        let mut content = Content::of(&[7; 2 * PAGE]);
        content.set_len(PAGE as u64 + 1);
        content.set_len(2 * PAGE as u64);
        let bytes = content.to_vec();
        assert_eq!((bytes.len(), bytes[PAGE], bytes[PAGE + 1]), (2 * PAGE, 7, 0));
        assert!(bytes[PAGE + 1..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_clone_shares_pages_until_one_is_written() {
        let mut content = Content::of(&[7; 2 * PAGE]);
        let image = content.clone();
        content.write(0, b"x");
        assert_eq!((image.read(0, 1), content.read(0, 1)), (vec![7], b"x".to_vec()));
        assert!(!Arc::ptr_eq(image.page(0).unwrap(), content.page(0).unwrap()));
        assert!(Arc::ptr_eq(image.page(1).unwrap(), content.page(1).unwrap()));
    }
}
