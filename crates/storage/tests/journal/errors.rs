//! Errors of the disk and of the caller.

use cluster_sim_storage::{DiskErrorKind, JournalError, JournalEvent, JournalOptions, MAX_PAYLOAD, MAX_SEGMENT};

use crate::names::Numbers;
use crate::writer::{Writer, recover};

#[test]
fn a_full_disk_uses_up_no_number() {
    let mut writer = Writer::new();
    writer.append(&[1; 100]);
    writer.disk.capacity = Some(200);
    let events = writer.append(&[2; 100]);
    let [JournalEvent::Refused { next: 2, error }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(error.kind, DiskErrorKind::StorageFull);
    assert_eq!(writer.disk.contents()[0].1.len(), 124, "what was written of it is cut off");
    writer.disk.capacity = None;
    assert_eq!(writer.append(&[3; 100]), [JournalEvent::Appended { up_to: 2 }]);
    writer.sync();
    writer.disk.crash(&mut Numbers(7));
    let payloads: Vec<u8> = Writer::open(writer.disk).unwrap().1.records.iter().map(|record| record.payload[0]).collect();
    assert_eq!(payloads, [1, 3]);
}

#[test]
fn a_refused_write_drops_what_waits_behind_it() {
    let mut writer = Writer::new();
    writer.disk.fail = Some(("write", DiskErrorKind::Io));
    writer.engine.append([1]).unwrap();
    writer.engine.sync().unwrap();
    writer.engine.append([2]).unwrap();
    assert!(matches!(writer.run()[..], [JournalEvent::Refused { next: 1, .. }]));
    assert_eq!((writer.engine.next(), writer.engine.synced()), (1, 0));
    assert_eq!(writer.append(&[3]), [JournalEvent::Appended { up_to: 1 }]);
}

#[test]
fn a_failed_sync_is_final() {
    for name in ["sync", "sync directory"] {
        let mut writer = Writer::new();
        (0..5_u8).for_each(|number| drop(writer.append(&[number; 700])));
        writer.disk.fail = Some((name, DiskErrorKind::Io));
        writer.engine.append([9; 700]).unwrap();
        writer.engine.append([9; 700]).unwrap();
        writer.engine.sync().unwrap();
        assert!(matches!(writer.run().last(), Some(JournalEvent::Failed { .. })), "{name}");
        let refused = [writer.engine.append([1]).err(), writer.engine.sync().err(), writer.engine.truncate_after(1).err()];
        for error in refused.into_iter().chain([writer.engine.remove_before(1).err()]) {
            let message = error.unwrap().to_string();
            assert!(message.starts_with("the journal refuses work, because it is unknown what is durable: sync"), "{message}");
        }
    }
}

#[test]
fn an_empty_segment_gets_its_name_again_when_it_is_opened() {
    let mut writer = Writer::new();
    writer.disk.stop();
    writer.disk.log.clear();
    let (mut writer, _) = Writer::open(writer.disk).unwrap();
    // A sync of the directory that failed before leaves nothing to write for the next one.
    assert!(writer.disk.log.ends_with(&["rename", "sync directory", "close"]), "{:?}", writer.disk.log);
    writer.append(b"one");
    writer.sync();
    writer.disk.stop();
    writer.disk.log.clear();
    let (writer, recovered) = Writer::open(writer.disk).unwrap();
    assert_eq!(recovered.records.len(), 1);
    assert!(writer.disk.log.contains(&"rename"), "no watermark covers the record");
}

#[test]
fn a_segment_is_cut_only_once_the_next_has_its_name() {
    let mut writer = Writer::new();
    for payload in [b"one", b"two"] {
        writer.append(payload);
        writer.sync();
    }
    writer.disk.stop();
    writer.disk.log.clear();
    // The second record has no watermark, so it is written to a new segment, whose name a failed sync leaves in the cache alone.
    let (engine, _) = recover(writer.disk.contents()).unwrap();
    let mut writer = Writer { engine, ..writer };
    while writer.disk.log.last() != Some(&"rename") {
        writer.run_one();
    }
    writer.disk.fail = Some(("sync directory", DiskErrorKind::Io));
    assert!(matches!(writer.run()[..], [JournalEvent::Failed { .. }]));
    writer.disk.stop();
    writer.disk.log.clear();
    let (writer, recovered) = Writer::open(writer.disk).unwrap();
    assert_eq!(recovered.records.len(), 2);
    let log = &writer.disk.log;
    let place = |name| log.iter().position(|done| *done == name).unwrap_or_else(|| panic!("{name} in {log:?}"));
    assert!(place("rename") < place("set length of"), "{log:?}");
}

#[test]
fn a_segment_that_cannot_be_created_is_tried_again() {
    let mut writer = Writer::new();
    (0..3_u8).for_each(|number| drop(writer.append(&[number; 700])));
    writer.disk.fail = Some(("open", DiskErrorKind::TooManyOpenFiles));
    assert!(matches!(writer.append(&[3]).last(), Some(JournalEvent::Refused { next: 4, .. })));
    assert_eq!(writer.append(&[4]).last(), Some(&JournalEvent::Appended { up_to: 4 }));
    assert_eq!(writer.disk.contents().len(), 2);
}

#[test]
fn a_removal_that_is_refused_is_tried_again() {
    let mut writer = Writer::new();
    (0..9_u8).for_each(|number| drop(writer.append(&[number; 700])));
    for name in ["open", "rename"] {
        writer.disk.fail = Some((name, DiskErrorKind::Io));
        writer.engine.remove_before(9).unwrap();
        assert!(matches!(writer.run()[..], [JournalEvent::Refused { next: 10, .. }]), "{name}");
    }
    writer.engine.remove_before(9).unwrap();
    assert_eq!(writer.run(), [JournalEvent::Removed { first: 7 }]);
    assert_eq!(writer.engine.first(), 7);
}

#[test]
fn appends_that_wait_become_one_write() {
    let mut writer = Writer::new();
    writer.disk.log.clear();
    (0..5_u8).for_each(|number| assert_eq!(writer.engine.append([number]), Ok(u64::from(number) + 1)));
    writer.engine.sync().unwrap();
    writer.engine.sync().unwrap();
    assert_eq!(writer.run(), [JournalEvent::Appended { up_to: 5 }, JournalEvent::Synced { up_to: 5 }]);
    assert_eq!(writer.disk.log, ["write", "sync"]);
}

#[test]
fn records_are_truncated_and_segments_removed() {
    let mut writer = Writer::new();
    (1..=9_u8).for_each(|number| drop(writer.append(&[number; 700])));
    writer.engine.truncate_after(5).unwrap();
    assert_eq!(writer.run(), [JournalEvent::Truncated { after: 5 }]);
    assert_eq!(writer.append(&[60]), [JournalEvent::Appended { up_to: 6 }]);
    writer.engine.remove_before(4).unwrap();
    assert_eq!(writer.run(), [JournalEvent::Removed { first: 4 }]);
    let (engine, recovered) = recover(writer.disk.contents()).unwrap();
    assert_eq!(
        recovered.records.iter().map(|record| (record.sequence, record.payload[0])).collect::<Vec<_>>(),
        [(4, 4), (5, 5), (6, 60)]
    );
    let place = engine.place_of(6).unwrap();
    assert_eq!(place.path, "wal/00000000000000000006.journal");
    let bytes = &writer.disk.contents()[1].1[place.offset as usize..][..place.length as usize];
    assert_eq!(place.decode(6, bytes), Some(&[60][..]));
    assert_eq!(place.decode(5, bytes), None);
}

#[test]
fn wrong_calls_are_refused_with_value_and_cure() {
    let mut writer = Writer::new();
    writer.append(&[1]);
    let message = |error: Option<JournalError>| error.expect("it is refused").to_string();
    let missing = "there is no record 7; the journal has 1 alone";
    assert_eq!(message(writer.engine.truncate_after(7).err()), missing);
    assert_eq!(message(writer.engine.remove_before(7).err()), missing);
    assert_eq!(message(writer.engine.place_of(7).err()), missing);
    assert!(writer.engine.truncate_after(u64::MAX).is_err());
    let options = JournalOptions::default().segment_bytes(MAX_SEGMENT + 1);
    let error = cluster_sim_storage::JournalEngine::recover("wal", &options, options.files(), Vec::new()).err();
    assert_eq!(message(error), "segments of 1073741825 bytes are too long; a segment has at most 1073741824 bytes");
    let error = JournalError::RecordTooLarge { length: MAX_PAYLOAD + 1 };
    assert!(error.to_string().contains("split it in parts of at most 1073741824 bytes"), "{error}");
}
