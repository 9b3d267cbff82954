//! A reader that reads only what changed finds the records that a reading of all bytes finds.

use cluster_sim_storage::{JournalError, JournalReader, JournalRecord, Recovered};
use cluster_sim_types::FileChange;
use proptest::prelude::*;

use crate::names::Numbers;
use crate::writer::Writer;

type Files = Vec<(String, Vec<u8>)>;

/// A reader of a journal, with the files and records that it has seen.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    reader: JournalReader,
    seen: Files,
    records: Vec<JournalRecord>,
}

impl Watch {
    /// Reads what changed and asserts that all records are those of a whole reading; returns whether it read only what is new.
    pub(crate) fn look(&mut self, mut files: Files) -> bool {
        files.sort();
        let under_wal = || files.iter().map(|(name, bytes)| (format!("wal/{name}"), bytes.clone()));
        let changes = changes(&self.seen, &files);
        let part = |path: &str, from: u64| {
            let (_, bytes) = files.iter().find(|(name, _)| Some(&**name) == path.strip_prefix("wal/"))?;
            Some(bytes.get(from as usize..).unwrap_or_default().to_vec())
        };
        let added = self.reader.added(&changes, part);
        let is_followed = added.is_some();
        let expected = Recovered::of("wal", under_wal()).map(|recovered| recovered.records);
        let found: Result<Vec<JournalRecord>, JournalError> = match added {
            Some(added) => {
                self.records.extend(added);
                self.records.retain(|record| record.sequence >= self.reader.first());
                Ok(self.records.clone())
            }
            None => JournalReader::of("wal", under_wal()).map(|(reader, recovered)| {
                self.reader = reader;
                recovered.records
            }),
        };
        assert_eq!(found, expected, "after {changes:?}");
        self.records = found.unwrap_or_else(|_| {
            self.reader = JournalReader::default();
            Vec::new()
        });
        self.seen = files;
        is_followed
    }
}

/// The files that differ, in order of their names.
fn changes(before: &Files, after: &Files) -> Vec<FileChange> {
    let find = |files: &Files, name: &str| files.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.clone());
    let mut names: Vec<&String> = before.iter().chain(after).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter_map(|name| {
        let (old, new) = (find(before, name), find(after, name));
        let kept =
            new.as_ref().map(|new| new.iter().zip(old.as_deref().unwrap_or_default()).take_while(|(a, b)| a == b).count() as u64);
        (old != new).then(|| FileChange { name: name.clone(), kept })
    });
    changed.collect()
}

/// A journal with several segments, and its files after each operation on the disk.
fn history() -> Vec<Files> {
    let (mut writer, mut states) = (Writer::new(), Vec::new());
    for record in 0..40 {
        writer.engine.append(vec![record; 40 * usize::from(record % 7)]).unwrap();
        writer.engine.sync().unwrap();
        if record % 15 == 14 {
            writer.engine.remove_before(u64::from(record) - 3).unwrap();
        }
        while writer.run_one().is_some() {
            states.push(writer.disk.contents());
        }
    }
    assert!(writer.engine.first() > 1 && writer.disk.contents().len() > 1);
    states
}

#[test]
fn appends_new_segments_and_removals_are_followed() {
    let mut watch = Watch::default();
    let anew = history().into_iter().filter(|files| !watch.look(files.clone())).count();
    assert_eq!(anew, 1, "only the first reading is of all bytes");
    assert!(watch.records.len() > 10);
}

#[test]
fn a_truncated_journal_is_read_anew() {
    let (mut writer, mut watch) = (Writer::new(), Watch::default());
    for record in 0..9 {
        writer.append(&[record; 300]);
    }
    watch.look(writer.disk.contents());
    writer.engine.truncate_after(6).unwrap();
    writer.run();
    assert!(!watch.look(writer.disk.contents()));
    writer.append(b"in place of the seventh");
    assert!(watch.look(writer.disk.contents()), "it is followed from then on");
}

/// The tombstone of an empty segment is a whole record that belongs to no journal.
#[test]
fn an_empty_segment_that_is_removed_adds_no_record() {
    let (mut writer, mut watch) = (Writer::new(), Watch::default());
    for record in 0..9 {
        writer.append(&[record; 300]);
    }
    writer.engine.truncate_after(6).unwrap();
    writer.run();
    watch.look(writer.disk.contents());
    writer.engine.truncate_after(2).unwrap();
    while writer.run_one().is_some() {
        watch.look(writer.disk.contents());
    }
    assert_eq!(watch.records.len(), 2);
}

#[test]
fn flipped_and_missing_bytes_are_read_as_by_a_whole_reading() {
    let states = history();
    let whole = states.last().unwrap();
    for file in 0..whole.len() {
        for at in 0..whole[file].1.len() {
            for cuts in [false, true] {
                let (mut watch, mut damaged) = (Watch::default(), whole.clone());
                watch.look(whole.clone());
                if cuts {
                    damaged[file].1.truncate(at)
                } else {
                    damaged[file].1[at] ^= 1
                }
                let _ = watch.look(damaged);
                let _ = watch.look(whole.clone());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_states_one_after_another_are_read_as_by_whole_readings(steps in prop::collection::vec(0..9_u8, 1..60), seed in any::<u64>()) {
        let (states, mut numbers, mut watch, mut at) = (history(), Numbers(seed), Watch::default(), 0);
        for step in steps {
            // Mostly the states come in their order, as of a disk that goes on; else any of them, as of one that was set back.
            at = if step == 0 { numbers.below(states.len() as u64) as usize } else { (at + 1) % states.len() };
            let mut files = states[at].clone();
            let file = numbers.below(files.len() as u64) as usize;
            let offset = numbers.below(files[file].1.len() as u64 + 1) as usize;
            match step {
                1 => files[file].1.truncate(offset),
                2 => drop(files.remove(file)),
                3 => files[file].1.extend([seed as u8; 40]),
                4 => files[file].1.iter_mut().skip(offset).take(2).for_each(|byte| *byte = !*byte),
                _ => {}
            }
            let _ = watch.look(files);
        }
    }
}
