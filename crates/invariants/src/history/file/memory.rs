//! Bounds the memory of reading a history by the bytes read of its file.
//!
//! A reader gives each value room before it parses it, and values take from that room before they allocate. The room is kept per
//! thread, since serde hands nothing down to the values inside of an operation.

use std::cell::Cell;

use super::error::{FileError, FileErrorKind};
use crate::history::operation::Operation;

/// Bytes of memory for each byte read.
const FACTOR: usize = 10;

/// Bytes of memory beyond those, so that a short file can be of long lists.
const ALLOWANCE: usize = 64 << 10;

/// Bytes that an allocation costs its allocator, as an estimate.
pub(super) const ALLOCATION: usize = 16;

/// Bytes for each process that waits: a place in a hash table that is half full and being moved to one of twice the size.
const WAITING: usize = 60;

/// Bytes for the name of a process, beside the text: a place in a B-tree whose leaves are half full.
const NAME: usize = 80;

/// The room of the value that is being parsed.
#[derive(Clone, Copy)]
struct Room {
    left: usize,
    /// Whether something asked for more.
    is_spent: bool,
}

/// The room of a value that no reader bounds.
const UNBOUNDED: Room = Room { left: usize::MAX, is_spent: false };

thread_local! {
    static ROOM: Cell<Room> = const { Cell::new(UNBOUNDED) };
}

/// A value asked for more than its room.
#[derive(Debug)]
pub(super) struct Spent;

/// Takes bytes from the room.
pub(super) fn take(bytes: usize) -> Result<(), Spent> {
    let room = ROOM.get();
    let left = room.left.checked_sub(bytes).filter(|_| !room.is_spent);
    ROOM.set(Room { left: left.unwrap_or(room.left), is_spent: left.is_none() });
    left.map(drop).ok_or(Spent)
}

/// Returns bytes to the room.
pub(super) fn give_back(bytes: usize) {
    let room = ROOM.get();
    ROOM.set(Room { left: room.left.saturating_add(bytes), ..room });
}

/// Parses with that much room; returns beside the result how much of it is taken, `None` if more was asked for.
pub(super) fn within<T>(room: usize, parse: impl FnOnce() -> T) -> (T, Option<usize>) {
    /// Ends the bound, also in a panic.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            ROOM.set(UNBOUNDED);
        }
    }
    let _end = End;
    ROOM.set(Room { left: room, is_spent: false });
    let parsed = parse();
    let after = ROOM.get();
    (parsed, (!after.is_spent).then(|| room.saturating_sub(after.left)))
}

/// A list that takes its memory from the room, and grows by a quarter: while it is moved, both places are there.
#[derive(Debug)]
pub(super) struct Growing<T>(Vec<T>);

impl<T> Growing<T> {
    /// An empty one, which takes nothing.
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn push(&mut self, value: T) -> Result<(), Spent> {
        let capacity = self.0.capacity();
        if self.0.len() == capacity {
            let more = (capacity / 4).max(4);
            take((capacity + more) * size_of::<T>())?;
            self.0.reserve_exact(more);
            give_back(capacity * size_of::<T>());
        }
        self.0.push(value);
        Ok(())
    }

    /// Returns the list without places to spare; its memory stays taken.
    pub(super) fn finish(mut self) -> Result<Box<[T]>, Spent> {
        let (capacity, length) = (self.0.capacity(), self.0.len());
        if length < capacity {
            take(length * size_of::<T>())?;
            self.0.shrink_to_fit();
            give_back(capacity * size_of::<T>());
        }
        if length > 0 {
            take(ALLOCATION)?;
        }
        Ok(std::mem::take(&mut self.0).into_boxed_slice())
    }
}

impl<T> Drop for Growing<T> {
    fn drop(&mut self) {
        give_back(self.0.capacity() * size_of::<T>());
    }
}

/// The memory of a history that is being read, and what may be added to it.
#[derive(Debug)]
pub(super) struct Memory {
    /// Bytes of an operation without what its values point to.
    operation: usize,
    /// The bytes read up to now.
    pub(super) read: usize,
    /// Bytes that the values of the history point to, and its names.
    values: usize,
    operations: usize,
    /// The operations that the history has places for.
    places: usize,
    waiting: usize,
    most_waiting: usize,
}

impl Memory {
    pub(super) fn new<O, A>() -> Self {
        let operation = size_of::<Operation<O, A>>();
        Self { operation, read: 0, values: 0, operations: 0, places: 0, waiting: 0, most_waiting: 0 }
    }

    fn limit(&self) -> usize {
        self.read.saturating_mul(FACTOR).saturating_add(ALLOWANCE)
    }

    /// Returns the bytes that the next value may take, beside a buffer of that many.
    pub(super) fn room(&self, buffer: usize) -> usize {
        let held = self.values + self.places * self.operation + self.most_waiting * WAITING;
        self.limit().saturating_sub(held + buffer)
    }

    /// Counts what the values of an event point to.
    pub(super) fn hold_values(&mut self, bytes: usize) {
        self.values += bytes;
    }

    /// Counts the name of a process.
    pub(super) fn hold_name(&mut self, name: &str) {
        self.values += NAME + name.len();
    }

    /// Gives the history places for that many operations, as its reader reserves them.
    pub(super) fn reserve(&mut self, operations: usize) -> Result<(), Spent> {
        let fits = operations.checked_mul(self.operation).is_some_and(|bytes| bytes <= self.room(0));
        self.places = if fits { operations } else { self.places };
        fits.then_some(()).ok_or(Spent)
    }

    /// Counts an operation, before it is recorded: the history doubles its places where none is left.
    pub(super) fn hold_call(&mut self, buffer: usize) -> Result<(), Spent> {
        self.waiting += 1;
        self.most_waiting = self.most_waiting.max(self.waiting);
        let mut moved = 0;
        if self.operations == self.places {
            moved = self.places * self.operation;
            self.places = (2 * self.places).max(4);
        }
        self.operations += 1;
        self.check(buffer + moved)
    }

    /// Refuses what takes more beside a buffer of that many bytes.
    pub(super) fn check(&self, buffer: usize) -> Result<(), Spent> {
        if self.room(buffer) > 0 { Ok(()) } else { Err(Spent) }
    }

    /// Counts that a call ended.
    pub(super) fn hold_end(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// The refusal of a file whose history takes more.
    pub(super) fn too_dense(&self, line: usize) -> FileError {
        FileError { line, kind: FileErrorKind::TooDense { limit: self.limit() } }
    }
}
