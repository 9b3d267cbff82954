//! Entries that node code and its destructors write and the test reads.

use std::sync::{Arc, Mutex};

/// Entries in the order in which they were written; clones share them.
#[derive(Debug)]
pub struct Log<T = String>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Log<T> {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an entry.
    ///
    /// # Panics
    /// If a writer panicked.
    pub fn write(&self, entry: impl Into<T>) {
        self.0.lock().expect("no writer panicked").push(entry.into());
    }

    /// Removes and returns all entries.
    ///
    /// # Panics
    /// If a writer panicked.
    pub fn read(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().expect("no writer panicked"))
    }
}

/// Writes its name to a log when it is dropped.
#[derive(Debug)]
pub struct LogOnDrop(pub &'static str, pub Log);

impl Drop for LogOnDrop {
    fn drop(&mut self) {
        self.1.write(self.0);
    }
}

/// A value that the first boot of a node takes.
///
/// A boot function may be called many times, so it cannot own what only one call needs.
#[derive(Debug)]
pub struct Once<T>(Mutex<Option<T>>);

impl<T> Once<T> {
    /// Holds `value` until it is taken.
    pub fn new(value: T) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(value))))
    }

    /// Takes the value.
    ///
    /// # Panics
    /// If it was taken before.
    pub fn take(&self) -> T {
        self.0.lock().expect("no taker panicked").take().expect("it is taken once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_value_is_logged_once() {
        let log = Log::new();
        drop(LogOnDrop("value", log.clone()));
        assert_eq!((log.read(), log.read()), (vec!["value".to_owned()], vec![]));
    }
}
