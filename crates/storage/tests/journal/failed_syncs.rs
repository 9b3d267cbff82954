//! A sync that failed leaves a change in the cache alone: what is done after it must hold all the same.

use cluster_sim_storage::{DiskErrorKind, JournalEvent};

use crate::model::ModelDisk;
use crate::writer::{Writer, recover};

/// Nine records in three segments, all synced.
fn writer() -> Writer {
    let mut writer = Writer::new();
    (1..=9_u8).for_each(|number| drop(writer.append(&[number; 700])));
    writer.sync();
    assert_eq!(writer.disk.contents().len(), 3);
    writer
}

/// Runs operations up to one of this name.
fn run_to(writer: &mut Writer, name: &str) {
    writer.disk.log.clear();
    while writer.disk.log.last() != Some(&name) {
        writer.run_one().unwrap_or_else(|| panic!("no {name} in {:?}", writer.disk.log));
    }
}

/// Runs operations, of which the next one of this name fails.
fn fail(writer: &mut Writer, name: &'static str) -> Option<JournalEvent> {
    writer.disk.fail = Some((name, DiskErrorKind::Io));
    let event = writer.run().pop();
    assert_eq!(writer.disk.fail, None, "no {name} in {:?}", writer.disk.log);
    event
}

fn open_after_a_stop(mut writer: Writer) -> Writer {
    writer.disk.stop();
    Writer::open(writer.disk).unwrap().0
}

/// The numbers and first bytes of the records that a loss of power leaves.
fn after_a_loss_of_power(mut disk: ModelDisk) -> Vec<(u64, u8)> {
    disk.lose_cache();
    let (_, recovered) = recover(disk.contents()).unwrap();
    recovered.records.iter().map(|record| (record.sequence, record.payload[0])).collect()
}

#[test]
fn a_segment_whose_removal_failed_stays_gone_once_truncated_again() {
    // The directory may fail again when the journal is opened.
    for failures in 1..=2 {
        let mut writer = writer();
        writer.engine.truncate_after(2).unwrap();
        assert!(matches!(fail(&mut writer, "sync directory"), Some(JournalEvent::Failed { .. })));
        for _ in 1..failures {
            writer.disk.stop();
            writer.engine = recover(writer.disk.contents()).unwrap().0;
            run_to(&mut writer, "rename");
            assert!(matches!(fail(&mut writer, "sync directory"), Some(JournalEvent::Failed { .. })));
        }
        let mut writer = open_after_a_stop(writer);
        writer.engine.truncate_after(2).unwrap();
        assert_eq!(writer.run(), [JournalEvent::Truncated { after: 2 }]);
        writer.append(&[30; 700]);
        writer.sync();
        assert_eq!(after_a_loss_of_power(writer.disk), [(1, 1), (2, 2), (3, 30)], "{failures} failures");
    }
}

#[test]
fn a_first_segment_whose_removal_failed_leaves_no_gap() {
    let mut writer = writer();
    writer.engine.remove_before(4).unwrap();
    assert!(matches!(fail(&mut writer, "sync directory"), Some(JournalEvent::Failed { .. })));
    let mut writer = open_after_a_stop(writer);
    writer.engine.remove_before(7).unwrap();
    assert_eq!(writer.run(), [JournalEvent::Removed { first: 7 }]);
    assert_eq!(after_a_loss_of_power(writer.disk), [(7, 7), (8, 8), (9, 9)]);
}

#[test]
fn records_whose_cut_failed_stay_gone() {
    let mut writer = Writer::new();
    (1..=2_u8).for_each(|number| drop(writer.append(&[number; 700])));
    writer.engine.truncate_after(1).unwrap();
    run_to(&mut writer, "set length of");
    assert!(matches!(fail(&mut writer, "sync"), Some(JournalEvent::Failed { .. })));
    let mut writer = open_after_a_stop(writer);
    assert_eq!(writer.engine.next(), 2);
    // The segment that replaced them goes too, and the one that replaces that has no name yet.
    writer.engine.truncate_after(0).unwrap();
    run_to(&mut writer, "remove");
    assert_eq!(after_a_loss_of_power(writer.disk), [(1, 1)]);
}

#[test]
fn a_directory_whose_name_failed_to_sync_is_created_again() {
    let mut writer = Writer { engine: recover(Vec::new()).unwrap().0, disk: ModelDisk::default() };
    assert!(matches!(fail(&mut writer, "sync directory"), Some(JournalEvent::Failed { .. })));
    let mut writer = open_after_a_stop(writer);
    writer.append(&[1]);
    writer.sync();
    assert_eq!(after_a_loss_of_power(writer.disk), [(1, 1)]);
}

#[test]
fn a_refused_record_does_not_come_back_before_the_next() {
    let mut writer = writer();
    assert!(matches!(fail_append(&mut writer), Some(JournalEvent::Refused { next: 10, .. })));
    assert_eq!(writer.disk.log, ["open", "sync", "rename", "sync directory", "close", "write", "set length of", "sync"]);
    assert!(writer.engine.is_synced());
}

fn fail_append(writer: &mut Writer) -> Option<JournalEvent> {
    writer.disk.log.clear();
    writer.engine.append([10; 700]).unwrap();
    fail(writer, "write")
}

#[test]
fn a_truncation_that_is_refused_midway_goes_on_behind_what_is_left() {
    let mut writer = writer();
    writer.engine.truncate_after(2).unwrap();
    run_to(&mut writer, "remove");
    run_to(&mut writer, "open");
    assert!(matches!(fail(&mut writer, "open"), Some(JournalEvent::Refused { next: 7, .. })));
    assert_eq!((writer.engine.synced(), writer.engine.is_synced()), (6, true));
    writer.append(&[70; 100]);
    writer.sync();
    let records = after_a_loss_of_power(writer.disk);
    assert_eq!((records.len(), records.last()), (7, Some(&(7, 70))));
}
