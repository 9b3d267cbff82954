//! Mistakes of callers, and files that do not belong into a log.

use bytes::Bytes;
use cluster_sim::node::OpenOptions;
use cluster_sim_stream_queue::format::{RecordHeader, TopicName, TopicPartition};
use cluster_sim_stream_queue::wal::{Expectation, WalError, WalPlace, WalWriter};

use super::{CONFIG, log_of, place, read_all, record, records, run_sound};

#[test]
fn records_out_of_order_are_refused_and_nothing_is_written() {
    run_sound(async |node| {
        let mut writer = log_of(&node, 10).await;
        for (offsets, expected, found) in [(9..12, 10, 9), (11..12, 10, 11)] {
            assert_eq!(writer.append(&records(offsets)).await, Err(WalError::NotDense { expected, found }));
        }
        let gap = [record(10), record(12)];
        let error = writer.append(&gap).await.unwrap_err();
        assert_eq!(error.to_string(), "the record has offset 12, and the log ends at 11; append the records in order");
        let mut large = record(10);
        large.headers = vec![RecordHeader { key: Bytes::new(), value: Bytes::new() }; 65_536];
        let error = writer.append(&[large]).await.unwrap_err().to_string();
        assert_eq!(error, "record 10 cannot be written: the record has 65536 headers, and at most 65535 fit; split it");
        assert_eq!((writer.end(), read_all(&node, &writer).await), (10, records(0..10)));
        assert_eq!(writer.append(&records(10..12)).await, Ok(12), "the log is not in doubt");
    });
}

#[test]
fn the_greatest_offset_is_never_written() {
    run_sound(async |node| {
        let mut writer = WalWriter::create(&node.disk(), &place(), CONFIG, u64::MAX - 1).await.unwrap();
        let greatest = [u64::MAX - 1, u64::MAX].map(|offset| cluster_sim_stream_queue::format::Draft::default().at(offset, 0));
        assert_eq!(writer.append(&greatest).await, Err(WalError::OffsetsSpent));
        assert_eq!(writer.append(&greatest[..1]).await, Ok(u64::MAX));
        assert_eq!(writer.append(&greatest[1..]).await, Err(WalError::OffsetsSpent));
        assert_eq!(read_all(&node, &writer).await, greatest[..1]);
    });
}

#[test]
fn a_log_is_not_begun_over_another() {
    run_sound(async |node| {
        log_of(&node, 10).await;
        let error = WalWriter::create(&node.disk(), &place(), CONFIG, 0).await.unwrap_err();
        assert_eq!(error, WalError::NotEmpty { directory: "data/orders/3".to_owned() });
    });
}

#[test]
fn cuts_and_removals_that_the_log_does_not_have_are_refused() {
    run_sound(async |node| {
        let mut writer = log_of(&node, 10).await;
        assert_eq!(writer.cut_to(11).await, Err(WalError::OutOfRange { offset: 11, start: 0, end: 10 }));
        while writer.remove_first().await.is_ok() {}
        let start = writer.start();
        assert_eq!(writer.remove_first().await, Err(WalError::NotClosed { start }));
        assert_eq!(writer.cut_to(start - 1).await, Err(WalError::OutOfRange { offset: start - 1, start, end: 10 }));
        assert_eq!(read_all(&node, &writer).await, records(start..10));
    });
}

#[test]
fn files_that_do_not_belong_into_a_log_are_told() {
    run_sound(async |node| {
        log_of(&node, 10).await;
        let recover = async || {
            let expected = Expectation { start_max: 0, durable_end: 10 };
            WalWriter::recover(&node.disk(), &place(), CONFIG, expected).await.map(drop)
        };
        node.disk().open("data/orders/3/notes.txt", OpenOptions::create()).await.unwrap();
        assert_eq!(recover().await, Ok(()), "other files are left alone");
        for name in ["007.wal", "x.wal"] {
            let path = place().path(name);
            node.disk().open(&path, OpenOptions::create()).await.unwrap();
            assert_eq!(recover().await, Err(WalError::FileName { path: path.clone() }));
            node.disk().remove(&path).await.unwrap();
        }
        node.disk().open(&place().segment_path(3), OpenOptions::create()).await.unwrap();
        let overlap = recover().await.unwrap_err().to_string();
        assert!(overlap.starts_with("data/orders/3/3.wal: the segment begins at 3, and the one before it ends at "), "{overlap}");
    });
}

#[test]
fn a_segment_of_another_partition_is_told() {
    run_sound(async |node| {
        log_of(&node, 3).await;
        let other = WalPlace::new("data", TopicPartition { topic: TopicName::new("orders").unwrap(), partition: 4 });
        WalWriter::create(&node.disk(), &other, CONFIG, 0).await.unwrap();
        node.disk().rename(&place().segment_path(0), &other.segment_path(0)).await.unwrap();
        let expected = Expectation { start_max: 0, durable_end: 3 };
        let error = WalWriter::recover(&node.disk(), &other, CONFIG, expected).await.unwrap_err().to_string();
        let text = "the segment is one of orders/3 and lies where those of orders/4 are; move it back";
        assert_eq!(error, format!("data/orders/4/0.wal: {text}"));
    });
}
