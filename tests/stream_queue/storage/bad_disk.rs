//! A log on a disk that is full or fails.

use cluster_sim::node::{DiskErrorKind, DiskOpKind};
use cluster_sim::prelude::*;
use cluster_sim_stream_queue::wal::{Expectation, WalError, WalWriter, remove_all};

use super::{log_of, ms, read_all, record, records, run, run_sound};

fn is_full(error: &WalError) -> bool {
    matches!(error, WalError::Disk(error) if error.kind == DiskErrorKind::StorageFull)
}

#[test]
fn s03_d03_a_disk_full_at_any_byte_burns_no_offset() {
    // One record that fits into the segment, and one that begins a new one.
    let bytes = |end: u64, count: u64| (end..end + count).map(|offset| record(offset).encoded_length()).sum::<usize>() as u64;
    for (end, count, length) in [(3, 1, bytes(3, 1)), (5, 4, 32 + bytes(5, 4))] {
        for free in 0..length {
            let plan = FaultPlan::new().at(ms(100), DiskFault::full("a/0", free, ms(100)));
            run(plan, move |node| async move {
                let mut writer = log_of(&node, end).await;
                node.sleep_until(LocalInstant::default() + ms(110)).await;
                let error = writer.append(&records(end..end + count)).await.expect_err("the disk is full");
                assert!(is_full(&error), "{free} bytes free: {error}");
                assert_eq!((writer.end(), writer.is_in_doubt()), (end, true), "{free} bytes free");
                assert_eq!(writer.append(&records(end..end + 1)).await, Err(WalError::NotReopened));
                assert_eq!(writer.sync().await, Err(WalError::NotReopened));
                assert_eq!(writer.reopen().await, Ok(end), "{free} bytes free: it needs no space");
                assert_eq!(read_all(&node, &writer).await, records(0..end), "{free} bytes free");
                node.sleep_until(LocalInstant::default() + ms(210)).await;
                writer.append(&records(end..end + count)).await.expect("space is back");
                writer.sync().await.unwrap();
                assert_eq!(read_all(&node, &writer).await, records(0..end + count), "{free} bytes free");
            });
        }
    }
}

#[test]
fn d04_after_a_failed_sync_no_later_one_is_believed() {
    let (node, path) = ("a/0".to_owned(), "/".to_owned());
    let fail = DiskFault::FailSync { node, path, share: Ratio::ONE, duration: Some(ms(50)) };
    // The crash keeps exactly what is synced, by decisions that are all canonical.
    let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: Some(ms(10)) };
    let plan = FaultPlan::new().at(ms(100), fail).at(ms(300), crash);
    run(plan, |node| async move {
        if node.incarnation().0 > 0 {
            let expected = Expectation { start_max: 0, durable_end: 8 };
            let (writer, _) =
                WalWriter::recover(&node.disk(), &super::place(), super::CONFIG, expected).await.expect("all was synced");
            return assert_eq!(read_all(&node, &writer).await, records(0..8));
        }
        let mut writer = log_of(&node, 3).await;
        node.sleep_until(LocalInstant::default() + ms(110)).await;
        writer.append(&records(3..5)).await.unwrap();
        let error = writer.sync().await.expect_err("the sync fails");
        assert!(matches!(&error, WalError::Disk(error) if error.kind == DiskErrorKind::Io), "{error}");
        assert_eq!((writer.synced_end(), writer.is_in_doubt()), (3, true));
        assert_eq!(writer.sync().await, Err(WalError::NotReopened), "it is not tried again blindly");
        node.sleep_until(LocalInstant::default() + ms(200)).await;
        assert_eq!(writer.reopen().await, Ok(5), "what the cache has is written anew");
        assert_eq!(writer.synced_end(), 5);
        writer.append(&records(5..8)).await.unwrap();
        assert_eq!(writer.sync().await, Ok(8));
        std::future::pending::<()>().await;
    });
}

#[test]
fn any_operation_that_fails_leaves_a_log_that_can_be_reopened() {
    let kinds =
        [DiskOpKind::Open, DiskOpKind::Write, DiskOpKind::Sync, DiskOpKind::SyncDir, DiskOpKind::Remove, DiskOpKind::SetLen];
    for kind in kinds {
        let fault = DiskFault::Fail {
            node: "a/0".to_owned(),
            operations: [kind].into(),
            path: "/".to_owned(),
            share: Ratio::ONE,
            error: DiskErrorKind::Io,
            sticky: false,
            duration: Some(ms(100)),
        };
        for step in 0..4 {
            run(FaultPlan::new().at(ms(100), fault.clone()), move |node| async move {
                let mut writer = log_of(&node, 20).await;
                let first = writer.index().segments()[0].end;
                writer.append(&records(20..21)).await.unwrap();
                node.sleep_until(LocalInstant::default() + ms(110)).await;
                let failed = match step {
                    0 => writer.append(&records(21..40)).await.map(drop),
                    1 => writer.sync().await.map(drop),
                    2 => writer.cut_to(7).await,
                    _ => writer.remove_first().await,
                };
                assert_eq!(failed.is_err(), writer.is_in_doubt(), "{kind:?} {step}");
                node.sleep_until(LocalInstant::default() + ms(210)).await;
                let end = writer.reopen().await.expect("the disk is sound again");
                let expected = match (step, failed.is_ok()) {
                    (0, true) => 40,
                    (2, _) => 7,
                    _ => 21,
                };
                assert_eq!((end, writer.synced_end()), (expected, expected), "{kind:?} {step}");
                assert!([0, first].contains(&writer.start()), "{kind:?} {step}");
                assert_eq!(read_all(&node, &writer).await, records(writer.start()..end), "{kind:?} {step}");
                writer.append(&records(end..50)).await.unwrap();
                assert_eq!(read_all(&node, &writer).await, records(writer.start()..50), "{kind:?} {step}");
            });
        }
    }
}

#[test]
fn an_operation_that_is_given_up_leaves_the_log_in_doubt() {
    run_sound(async |node| {
        let mut writer = log_of(&node, 3).await;
        {
            let append = std::pin::pin!(writer.append(&[]));
            assert!(futures::poll!(append).is_ready(), "nothing to append");
        }
        let more = records(3..9);
        {
            let append = std::pin::pin!(writer.append(&more));
            assert!(futures::poll!(append).is_pending());
        }
        assert_eq!((writer.is_in_doubt(), writer.end()), (true, 3));
        let end = writer.reopen().await.unwrap();
        assert_eq!((end, read_all(&node, &writer).await), (3, records(0..3)));
    });
}

#[test]
fn d06_bits_that_flip_in_a_read_leave_no_lasting_damage() {
    let rot = DiskFault::RotOnRead {
        node: "a/0".to_owned(),
        path: "/".to_owned(),
        share: Ratio::percent(50),
        bits: 1,
        burst: 1,
        duration: Some(ms(40)),
    };
    let plan = (0..20).fold(FaultPlan::new(), |plan, round| plan.at(ms(round * 100 + 50), rot.clone()));
    run(plan, |node| async move {
        let mut recovered = 0;
        for round in 0..20 {
            node.sleep_until(LocalInstant::default() + ms(round * 100)).await;
            remove_all(&node.disk(), &super::place()).await.unwrap();
            log_of(&node, 5).await;
            node.sleep_until(LocalInstant::default() + ms(round * 100 + 60)).await;
            let expected = Expectation { start_max: 0, durable_end: 2 };
            let found = WalWriter::recover(&node.disk(), &super::place(), super::CONFIG, expected).await;
            node.sleep_until(LocalInstant::default() + ms(round * 100 + 95)).await;
            match found {
                Ok((writer, recovery)) => {
                    assert_eq!(read_all(&node, &writer).await, records(0..writer.end()), "round {round}: {recovery:?}");
                    recovered += u32::from(recovery.rewritten_bytes > 0);
                }
                Err(error) => {
                    assert!(matches!(error, WalError::Header { .. } | WalError::Damaged { .. }), "round {round}: {error}")
                }
            }
        }
        assert!(recovered > 5, "{recovered} recoveries wrote the end of the log once more");
    });
}
