//! Brokers and clients of the scenarios on tokio: real sockets, real files, and an object store in a folder.

#[expect(dead_code, reason = "its main function is for the command line")]
#[path = "../../examples/stream_queue_over_tcp.rs"]
mod example;

use example::Summary;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_and_clients_run_over_real_sockets_and_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let objects = folder.path().join("objects");
    std::fs::create_dir(&objects).expect("a folder");
    let url = format!("file://{}", objects.display());
    let Summary { acknowledged, read, objects } = example::run(folder.path(), &url).await.expect("it runs");
    assert_eq!((acknowledged, read), (1_000, 1_000));
    assert!(objects >= 1, "closed segments are shipped: {objects}");
}
