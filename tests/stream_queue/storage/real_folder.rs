//! The log of a broker in a folder of the machine.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim::node::Node;
use cluster_sim::tokio::TokioCluster;
use cluster_sim_stream_queue::partition::{Checkpoint, PartitionState, read_checkpoint, write_checkpoint};
use cluster_sim_stream_queue::wal::{Expectation, WalWriter};
use tokio::sync::Notify;

use super::{CONFIG, log_of, place, read_all, record, records};

/// Writes a log and a checkpoint, tears the log, recovers it, and goes on.
async fn write_and_recover(node: Node, folder: std::path::PathBuf) {
    let disk = node.disk();
    assert_eq!(read_checkpoint(&disk, &place()).await, Ok(None));
    let before = log_of(&node, 200).await;
    assert_eq!(read_all(&node, &before).await, records(0..200));
    let last = before.index().segments().last().expect("there are many").clone();
    drop(before);
    let checkpoint = Checkpoint { index: 7, state: PartitionState::default() };
    for _ in 0..2 {
        write_checkpoint(&disk, &place(), &checkpoint).await.expect("the folder takes it");
    }
    assert_eq!(read_checkpoint(&disk, &place()).await, Ok(Some(checkpoint)));
    let path = folder.join(place().segment_path(last.base));
    let whole = fs::read(&path).expect("it is a file of the machine");
    fs::write(&path, &whole[..whole.len() - 3]).expect("it can be written");
    let expected = Expectation { start_max: 0, durable_end: 150 };
    let (mut writer, recovery) = WalWriter::recover(&disk, &place(), CONFIG, expected).await.expect("only its end is torn");
    let torn = recovery.cut.expect("its end is torn");
    assert_eq!((writer.end(), torn.bytes), (199, record(199).encoded_length() as u64 - 3));
    writer.append(&records(199..210)).await.expect("the folder takes it");
    writer.sync().await.expect("the folder syncs");
    while writer.index().segments().len() > 2 {
        writer.remove_first().await.expect("it is closed");
    }
    assert_eq!(read_all(&node, &writer).await, records(writer.start()..210));
    let names = fs::read_dir(folder.join(place().directory())).expect("it is a folder").count();
    assert_eq!(names, 3, "two segments and a checkpoint");
}

#[test]
fn a_log_in_a_real_folder_is_recovered_as_in_the_simulation() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the machine has threads");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("the machine has temporary folders");
        let done = Arc::new(Notify::new());
        let done_of_node = Arc::clone(&done);
        let root = folder.path().to_path_buf();
        let cluster = TokioCluster::new().nodes("broker", 1, move |node: Node| {
            let (done, root) = (Arc::clone(&done_of_node), root.clone());
            async move {
                // The disk of the one node is the one folder in the folder of disks.
                let own = fs::read_dir(root).expect("the folder is there").next().expect("the node has a disk");
                write_and_recover(node, own.expect("it can be read").path()).await;
                done.notify_one();
                std::future::pending::<()>().await;
            }
        });
        let cluster = cluster.disks_in(folder.path()).start().expect("the machine has free ports");
        // A panic of the node ends it, and propagates.
        let is_done = async {
            tokio::select! {
                () = done.notified() => true,
                () = cluster.ended() => false,
            }
        };
        let is_done = tokio::time::timeout(Duration::from_secs(60), is_done).await.expect("it takes less than a minute");
        assert!(is_done, "the node ended before its last assertion");
        cluster.stop().await;
    });
}
