//! A plain model of the states that a crash may leave, held against random programs.
//!
//! It keeps all that was ever written since the last sync, and knows no sectors, pages or patterns.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::rules::{LengthOrder, NameOrder};
use super::*;

/// A file of the model: the synced bytes, and every state since.
#[derive(Debug, Clone, Default)]
struct Plain {
    durable: Vec<u8>,
    current: Vec<u8>,
    /// The values that each byte had since the last sync, besides the durable one.
    written: BTreeMap<usize, BTreeSet<u8>>,
    lengths: Vec<usize>,
}

impl Plain {
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let before = self.current.len();
        self.fill_hole(before, offset);
        self.current.resize(before.max(offset + bytes.len()), 0);
        self.lengths.push(self.current.len());
        self.current[offset..offset + bytes.len()].copy_from_slice(bytes);
        for (index, byte) in bytes.iter().enumerate() {
            self.written.entry(offset + index).or_default().insert(*byte);
        }
    }

    fn set_len(&mut self, length: usize) {
        self.fill_hole(self.current.len(), length);
        self.current.resize(length, 0);
        self.lengths.push(length);
    }

    /// Zeros appear between the end of the file and bytes that are beyond it.
    fn fill_hole(&mut self, end: usize, to: usize) {
        for index in end..to {
            self.written.entry(index).or_default().insert(0);
        }
    }

    fn sync(&mut self) {
        *self = Self { durable: self.current.clone(), current: self.current.clone(), ..Self::default() };
    }

    fn shortest(&self) -> usize {
        self.lengths.iter().copied().chain([self.durable.len()]).min().unwrap()
    }

    /// Says what is wrong with bytes that a crash left.
    fn judge(&self, left: &[u8], rules: CrashRules) -> Result<(), String> {
        let longest = self.lengths.iter().copied().chain([self.durable.len()]).max().unwrap();
        if !(self.shortest()..=longest).contains(&left.len()) {
            return Err(format!("length {} of {} to {longest}", left.len(), self.shortest()));
        }
        for (index, byte) in left.iter().enumerate() {
            let was_written = self.written.contains_key(&index);
            let is_old = self.durable.get(index) == Some(byte);
            let is_new = self.written.get(&index).is_some_and(|values| values.contains(byte));
            // Without a journal of lengths a length may come without the bytes.
            let is_zero = *byte == 0 && index >= self.shortest() && rules.lengths != LengthOrder::Journaled;
            let is_garbage = rules.garbage && (was_written || index >= self.shortest());
            if !(is_old || is_new || is_zero || is_garbage) {
                return Err(format!("byte {index} is {byte}, durable {:?}", self.durable.get(index)));
            }
        }
        Ok(())
    }
}

/// Numbers from a seed, for programs.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Runs a random program on one file with a synced name and crashes; the model judges.
fn judge_contents(rules: CrashRules, seed: u64) {
    let mut numbers = Numbers(seed);
    let (mut disk, mut file) = TestDisk::with_synced(rules, "file", b"");
    let mut plain = Plain::default();
    for life in 0..6 {
        for step in 0..numbers.below(8) {
            match numbers.below(8) {
                0..=4 => {
                    let offset = numbers.below(plain.current.len() as u64 + 600);
                    let bytes = vec![(step * 16 + life + 1) as u8; 1 + numbers.below(1_500) as usize];
                    disk.write(file, offset, &bytes);
                    plain.write(offset as usize, &bytes);
                }
                5 | 6 => {
                    let length = numbers.below(5_000);
                    disk.run(DiskOp::SetLen { file, length }).unwrap();
                    plain.set_len(length as usize);
                }
                _ => {
                    disk.sync(file);
                    plain.sync();
                }
            }
        }
        disk.crash(seed * 16 + life);
        let left = disk.read("file").expect("its name is durable");
        plain.judge(&left, rules).unwrap_or_else(|wrong| panic!("seed {seed} life {life} {rules:?}: {wrong}"));
        plain = Plain { durable: left.clone(), current: left, ..Plain::default() };
        file = disk.open("file");
    }
}

#[test]
fn no_crash_leaves_bytes_that_the_model_forbids() {
    let strict = CrashRules::strict_posix();
    let without_garbage = CrashRules { garbage: false, ..strict };
    for rules in [strict, without_garbage, CrashRules::ext4_ordered(), CrashRules::xfs_like()] {
        (0..500).for_each(|seed| judge_contents(rules, seed));
    }
}

/// The names of a disk, each with the byte that its file holds.
type Names = BTreeMap<String, u8>;

/// Runs random changes of names and crashes; the model judges.
fn judge_names(rules: CrashRules, seed: u64) {
    let mut numbers = Numbers(seed);
    let mut disk = TestDisk::new(rules);
    let mut names = Names::new();
    // Without a journal: the values that each name may have. With one: the states in order.
    let mut states = vec![names.clone()];
    for step in 1..12_u8 {
        let path = ["a", "b", "c"][numbers.below(3) as usize].to_owned();
        match numbers.below(5) {
            0 | 1 if !names.contains_key(&path) => {
                let file = disk.open(&path);
                disk.write(file, 0, &[step]);
                // The sync of data is no sync of the name without a journal.
                disk.sync(file);
                names.insert(path, step);
                states.push(names.clone());
                if rules.names == NameOrder::Journaled {
                    states = vec![names.clone()];
                }
            }
            2 if names.contains_key(&path) => {
                disk.run(DiskOp::Remove { path: path.clone() }).unwrap();
                names.remove(&path);
                states.push(names.clone());
            }
            3 if names.contains_key(&path) => {
                let to = ["a", "b", "c"][numbers.below(3) as usize].to_owned();
                disk.rename(&path, &to);
                if to != path {
                    let moved = names.remove(&path).unwrap();
                    names.insert(to, moved);
                    states.push(names.clone());
                }
            }
            4 if numbers.below(2) == 0 => {
                disk.sync_dir("/");
                states = vec![names.clone()];
            }
            _ => {}
        }
    }
    disk.crash(seed);
    let left: Names = ["a", "b", "c"].iter().filter_map(|path| Some(((*path).to_owned(), *disk.read(path)?.first()?))).collect();
    if rules.names == NameOrder::Journaled {
        assert!(states.contains(&left), "seed {seed}: {left:?} is none of {states:?}");
    } else {
        for path in ["a", "b", "c"] {
            let is_allowed = states.iter().any(|state| state.get(path) == left.get(path));
            assert!(is_allowed, "seed {seed}: {path} is {:?} in none of {states:?}", left.get(path));
        }
    }
}

#[test]
fn no_crash_leaves_names_that_the_model_forbids() {
    for rules in [CrashRules::strict_posix(), CrashRules::ext4_ordered(), CrashRules::xfs_like()] {
        (0..500).for_each(|seed| judge_names(rules, seed));
    }
}
