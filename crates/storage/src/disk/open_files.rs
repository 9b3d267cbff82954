//! A table by the numbers of open files.

use crate::operation::FileId;

/// Values by the numbers of files, in order of numbers.
///
/// Node code numbers most files one after the other, so each is at the distance of its number from the first one.
#[derive(Debug, Clone)]
pub(super) struct FileTable<T>(Vec<(FileId, T)>);

impl<T> Default for FileTable<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FileTable<T> {
    /// The index of a file, or that at which it would be inserted.
    #[inline]
    fn place(&self, file: FileId) -> Result<usize, usize> {
        let Some((first, _)) = self.0.first() else { return Err(0) };
        let index = file.0.wrapping_sub(first.0) as usize;
        if self.0.get(index).is_some_and(|(number, _)| *number == file) { Ok(index) } else { self.search(file) }
    }

    /// As [`place`](Self::place), for numbers with gaps.
    #[inline(never)]
    fn search(&self, file: FileId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&file, |(number, _)| *number)
    }

    #[inline]
    pub(super) fn get(&self, file: FileId) -> Option<&T> {
        self.place(file).ok().map(|index| &self.0[index].1)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, file: FileId) -> Option<&mut T> {
        self.place(file).ok().map(|index| &mut self.0[index].1)
    }

    /// Adds or replaces a value.
    pub(super) fn insert(&mut self, file: FileId, value: T) {
        match self.place(file) {
            Ok(index) => self.0[index].1 = value,
            Err(index) => self.0.insert(index, (file, value)),
        }
    }

    pub(super) fn remove(&mut self, file: FileId) -> Option<T> {
        self.place(file).ok().map(|index| self.0.remove(index).1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_whatever_their_numbers() {
        for numbers in [&[0, 1, 2][..], &[7, 8, 9], &[3, 1, 9, 0], &[u32::MAX, 5]] {
            let mut files = FileTable::default();
            for number in numbers {
                files.insert(FileId(*number), 0);
                files.insert(FileId(*number), *number);
            }
            let mut sorted = numbers.to_vec();
            sorted.sort_unstable();
            assert_eq!(files.values().copied().collect::<Vec<_>>(), sorted);
            for number in (0..12).chain(sorted.iter().copied()) {
                let value = sorted.contains(&number).then_some(number);
                assert_eq!(files.get(FileId(number)).copied(), value, "file {number} of {sorted:?}");
                assert_eq!(files.get_mut(FileId(number)).copied(), value);
            }
            assert_eq!((files.remove(FileId(sorted[1])), files.remove(FileId(sorted[1]))), (Some(sorted[1]), None));
            assert_eq!(files.len(), sorted.len() - 1);
            assert_eq!(files.get(FileId(sorted[0])), Some(&sorted[0]));
        }
    }
}
