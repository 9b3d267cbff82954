//! Recovery of a log: torn ends are cut off, earlier damage is told.

use cluster_sim::node::OpenOptions;
use cluster_sim_stream_queue::wal::{Expectation, Recovery, WalError, WalWriter};

use super::{CONFIG, log_of, place, read_all, record, records, run_sound};

async fn recover(node: &cluster_sim::node::Node, start_max: u64, durable_end: u64) -> Result<(WalWriter, Recovery), WalError> {
    WalWriter::recover(&node.disk(), &place(), CONFIG, Expectation { start_max, durable_end }).await
}

#[test]
fn a_sound_log_is_recovered_as_it_was() {
    run_sound(async |node| {
        for end in 0..30 {
            cluster_sim_stream_queue::wal::remove_all(&node.disk(), &place()).await.unwrap();
            let before = log_of(&node, end).await;
            let (mut writer, recovery) = recover(&node, 0, end).await.unwrap();
            assert_eq!((writer.index(), recovery), (before.index(), Recovery::default()), "{end} records");
            writer.append(&records(end..end + 9)).await.unwrap();
            assert_eq!(read_all(&node, &writer).await, records(0..end + 9));
        }
    });
}

#[test]
fn d05_an_end_torn_at_any_byte_is_cut_off() {
    run_sound(async |node| {
        let before = log_of(&node, 10).await;
        let last = before.index().segments().last().unwrap().clone();
        let path = place().segment_path(last.base);
        let whole = node.disk().read(&path).await.unwrap();
        for length in 0..=whole.len() {
            let file = node.disk().open(&path, OpenOptions::create().truncate()).await.unwrap();
            file.append(&whole[..length]).await.unwrap();
            let (mut writer, recovery) = recover(&node, 0, last.base).await.unwrap();
            let mut end = last.base;
            let mut kept = 32;
            while kept + record(end).encoded_length() <= length {
                kept += record(end).encoded_length();
                end += 1;
            }
            assert_eq!((writer.end(), writer.synced_end()), (end, end), "{length} bytes");
            assert_eq!(recovery.cut.is_some(), length != kept || length == 32, "{length} bytes: {recovery:?}");
            writer.append(&records(end..12)).await.unwrap();
            assert_eq!(read_all(&node, &writer).await, records(0..12), "{length} bytes");
            cluster_sim_stream_queue::wal::remove_all(&node.disk(), &place()).await.unwrap();
            log_of(&node, 10).await;
        }
    });
}

#[test]
fn d06_a_flipped_byte_is_an_error_and_cuts_nothing() {
    run_sound(async |node| {
        let before = log_of(&node, 10).await;
        for segment in before.index().segments() {
            let path = place().segment_path(segment.base);
            let whole = node.disk().read(&path).await.unwrap();
            let file = node.disk().open(&path, OpenOptions::write()).await.unwrap();
            for at in 0..whole.len() {
                file.write_at(at as u64, [whole[at] ^ 0x10]).await.unwrap();
                match recover(&node, 0, 10).await {
                    Err(WalError::Header { .. }) if at < 32 => {}
                    Err(WalError::Damaged { cause, .. }) => {
                        let end = cause.position as usize + record(cause.offset).encoded_length();
                        assert!((cause.position as usize..end).contains(&at), "byte {at} of {path}: {cause}");
                    }
                    other => panic!("byte {at} of {path}: {other:?}"),
                }
                assert_eq!(file.read_to_end().await.unwrap().len(), whole.len(), "it cut nothing");
                file.write_at(at as u64, [whole[at]]).await.unwrap();
            }
        }
        let (writer, _) = recover(&node, 0, 10).await.unwrap();
        assert_eq!(read_all(&node, &writer).await, records(0..10));
    });
}

#[test]
fn damage_in_an_earlier_segment_is_never_a_torn_end() {
    run_sound(async |node| {
        log_of(&node, 10).await;
        let file = node.disk().open(&place().segment_path(0), OpenOptions::write()).await.unwrap();
        file.write_at(40, [0xff]).await.unwrap();
        let error = recover(&node, 0, 0).await.expect_err("it is damaged");
        assert!(matches!(&error, WalError::Damaged { path, .. } if path == "data/orders/3/0.wal"), "{error}");
        file.set_len(100).await.unwrap();
        assert!(matches!(recover(&node, 0, 0).await, Err(WalError::Damaged { .. })));
    });
}

#[test]
fn a_log_that_ends_before_its_durable_end_is_refused() {
    run_sound(async |node| {
        let before = log_of(&node, 10).await;
        let last = before.index().segments().last().unwrap().base;
        let lost = |end| Err(WalError::Lost { directory: "data/orders/3".to_owned(), end, durable_end: 10 });
        node.disk().remove(&place().segment_path(last)).await.unwrap();
        assert_eq!(recover(&node, 0, 10).await.map(drop), lost(last));
        cluster_sim_stream_queue::wal::remove_all(&node.disk(), &place()).await.unwrap();
        assert_eq!(recover(&node, 4, 10).await.map(drop), lost(4));
        let (writer, _) = recover(&node, 10, 10).await.unwrap();
        assert_eq!((writer.start(), writer.end()), (10, 10), "all of it may be in the object store");
    });
}

#[test]
fn a_missing_segment_is_told_with_its_offsets() {
    run_sound(async |node| {
        let before = log_of(&node, 30).await;
        let [first, second, third, ..] = before.index().segments() else { panic!("{before:?}") };
        node.disk().remove(&place().segment_path(first.base)).await.unwrap();
        let gap = |of: u64, expected| Err(WalError::Gap { path: place().segment_path(of), expected, found: of });
        assert_eq!(recover(&node, 0, 30).await.map(drop), gap(second.base, 0));
        assert!(recover(&node, second.base, 30).await.is_ok(), "it is in the object store");
        node.disk().remove(&place().segment_path(third.base)).await.unwrap();
        assert_eq!(recover(&node, second.base, 30).await.map(drop), gap(third.end, third.base));
    });
}

#[test]
fn a_cut_removes_the_records_from_an_offset_on() {
    run_sound(async |node| {
        for end in 0..=30 {
            cluster_sim_stream_queue::wal::remove_all(&node.disk(), &place()).await.unwrap();
            let mut writer = log_of(&node, 30).await;
            writer.cut_to(end).await.unwrap();
            assert_eq!((writer.end(), writer.synced_end()), (end, end));
            assert_eq!(read_all(&node, &writer).await, records(0..end));
            let (recovered, _) = recover(&node, 0, end).await.unwrap();
            assert_eq!(recovered.index(), writer.index(), "cut to {end}");
            writer.append(&records(end..35)).await.unwrap();
            let segments = writer.index().segments().to_vec();
            cluster_sim_stream_queue::wal::remove_all(&node.disk(), &place()).await.unwrap();
            assert_eq!(segments, log_of(&node, 35).await.index().segments(), "segments begin where they would have");
        }
    });
}

#[test]
fn segments_behind_a_gap_that_no_checkpoint_covers_are_removed() {
    run_sound(async |node| {
        let before = log_of(&node, 40).await;
        let bases: Vec<u64> = before.index().segments().iter().map(|segment| segment.base).collect();
        assert!(bases.len() > 3);
        node.disk().remove(&place().segment_path(bases[1])).await.unwrap();
        let (mut writer, _) = recover(&node, 0, bases[1]).await.unwrap();
        assert_eq!((writer.end(), writer.synced_end()), (bases[1], bases[1]));
        for base in &bases[2..] {
            assert!(node.disk().read(&place().segment_path(*base)).await.is_err(), "segment {base} is gone");
        }
        writer.append(&records(bases[1]..45)).await.unwrap();
        assert_eq!(read_all(&node, &writer).await, records(0..45));
    });
}
