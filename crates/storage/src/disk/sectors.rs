//! Sets of sectors of a file.

/// The size of a sector, in bytes: the smallest part that a disk writes at once.
pub(super) const SECTOR: usize = 512;

/// The sectors of a page as a set, the first one in the lowest bit.
pub(super) type Sectors = u8;

const _: () = assert!(crate::pages::PAGE / SECTOR == Sectors::BITS as usize, "a bit for each sector of a page");

/// The sectors that a range of bytes within a page touches.
pub(super) fn sectors(from: usize, to: usize) -> Sectors {
    let (first, after) = (from / SECTOR, to.div_ceil(SECTOR));
    (((1_u16 << after) - 1) & !((1_u16 << first) - 1)) as Sectors
}

/// The ranges of bytes within a page of a set of sectors.
pub(super) fn each_sector(sectors: Sectors) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..Sectors::BITS as usize).filter(move |bit| sectors & (1 << bit) != 0).map(|bit| bit * SECTOR..(bit + 1) * SECTOR)
}

/// The ranges of bytes within a page of a set of sectors, adjacent ones as one range.
pub(super) fn runs(mut sectors: Sectors) -> impl Iterator<Item = std::ops::Range<usize>> {
    std::iter::from_fn(move || {
        (sectors != 0).then(|| {
            let first = sectors.trailing_zeros();
            let end = first + (sectors >> first).trailing_ones();
            sectors &= !(((1_u16 << end) - 1) as Sectors);
            first as usize * SECTOR..end as usize * SECTOR
        })
    })
}

/// A set of sectors of a file, by page.
///
/// Most writes touch the last page that was written or one after it, so a sorted list is faster than a tree.
#[derive(Debug, Clone, Default)]
pub(super) struct SectorSet(Vec<(u64, Sectors)>);

impl SectorSet {
    /// Adds sectors of a page.
    #[inline]
    pub(super) fn add(&mut self, page: u64, sectors: Sectors) {
        match self.0.last_mut() {
            Some((last, of_last)) if *last == page => *of_last |= sectors,
            Some((last, _)) if *last > page => self.add_before_last(page, sectors),
            _ => self.0.push((page, sectors)),
        }
    }

    fn add_before_last(&mut self, page: u64, sectors: Sectors) {
        match self.place(page) {
            Ok(index) => self.0[index].1 |= sectors,
            Err(index) => self.0.insert(index, (page, sectors)),
        }
    }

    /// Takes sectors of a page out.
    pub(super) fn remove(&mut self, page: u64, sectors: Sectors) {
        if let Ok(index) = self.place(page) {
            self.0[index].1 &= !sectors;
            if self.0[index].1 == 0 {
                self.0.remove(index);
            }
        }
    }

    fn place(&self, page: u64) -> Result<usize, usize> {
        self.0.binary_search_by_key(&page, |(page, _)| *page)
    }

    /// The sectors of a page.
    pub(super) fn of(&self, page: u64) -> Sectors {
        self.place(page).map_or(0, |index| self.0[index].1)
    }

    /// Takes out all sectors of pages from one on.
    pub(super) fn split_off(&mut self, page: u64) -> Self {
        let (Ok(index) | Err(index)) = self.place(page);
        Self(self.0.split_off(index))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Empties it; the memory stays.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Iterates over the pages with a sector, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Sectors)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_each_sector_once_in_order_of_pages() {
        let mut set = SectorSet::default();
        for (page, sectors) in [(3, 1), (7, 2), (3, 4), (5, 8), (7, 2)] {
            set.add(page, sectors);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [(3, 5), (5, 8), (7, 2)]);
        assert_eq!([2, 3, 7].map(|page| set.of(page)), [0, 5, 2]);
        set.remove(3, 1);
        set.remove(5, 8);
        set.remove(6, 1);
        assert_eq!(set.iter().collect::<Vec<_>>(), [(3, 4), (7, 2)], "a page without sectors is not in it");
        assert_eq!(set.split_off(4).iter().collect::<Vec<_>>(), [(7, 2)]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [(3, 4)]);
    }

    #[test]
    fn sectors_are_those_that_a_range_touches() {
        assert_eq!([sectors(0, 1), sectors(511, 513), sectors(0, 4_096), sectors(512, 1_024)], [1, 3, 255, 2]);
        assert_eq!(each_sector(0b101).collect::<Vec<_>>(), [0..512, 1_024..1_536]);
        assert_eq!(runs(0b1100_1101).collect::<Vec<_>>(), [0..512, 1_024..2_048, 3_072..4_096]);
        assert_eq!(runs(0).count(), 0);
        assert!(runs(Sectors::MAX).eq(std::iter::once(0..4_096)));
    }
}
