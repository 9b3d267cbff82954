//! Requests of a node reach the store over links, take time, and outlive crashes of the store.

use cluster_sim::fault::NetworkFault;
use cluster_sim::object_store::{ObjectRequestError, RequestFailure, RetryPolicy};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};

use super::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Why a request failed, of an error that a client returned.
fn failure(error: &Error) -> RequestFailure {
    let (Error::Generic { source, .. } | Error::AlreadyExists { source, .. }) = error else { panic!("{error}") };
    source.downcast_ref::<ObjectRequestError>().expect("each error has its request as its source").failure
}

#[test]
fn what_a_node_puts_it_gets_lists_and_deletes() {
    let report = scenario(ObjectStoreModel::default(), async |node, store| {
        let path = Path::from("topic/0/17.wal");
        assert!(matches!(store.head(&path).await, Err(Error::NotFound { .. })));
        let put = store.put(&path, "seventeen".into()).await.unwrap();
        assert!(node.now().since_zero() >= Duration::from_millis(200), "two requests of at least 100 ms");
        let got = store.get(&path).await.unwrap();
        assert_eq!((&got.meta.location, got.meta.size, &got.meta.e_tag), (&path, 9, &put.e_tag));
        assert_eq!(got.bytes().await.unwrap(), "seventeen");
        assert_eq!(store.get_range(&path, 5..9).await.unwrap(), "teen");
        store.put(&Path::from("topic/1/0.wal"), "zero".into()).await.unwrap();
        let all: Vec<_> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
        assert_eq!(all, ["topic/0/17.wal", "topic/1/0.wal"]);
        let page = store.list_with_delimiter(Some(&Path::from("topic"))).await.unwrap();
        assert_eq!(page.common_prefixes, [Path::from("topic/0"), Path::from("topic/1")]);
        store.delete(&path).await.unwrap();
        assert!(matches!(store.get(&path).await, Err(Error::NotFound { .. })));
    })
    .run(Seed(7));
    report.assert_ok();
    assert!(report.traffic.sessions.delivered.messages > 20, "requests and answers are messages of sessions");
}

#[test]
fn a_conditional_put_is_refused_once_another_was_first() {
    scenario(ObjectStoreModel::default(), async |_, store| {
        let (path, create) = (Path::from("manifest"), PutOptions::from(PutMode::Create));
        let first = store.put_opts(&path, "one".into(), create.clone()).await.unwrap();
        assert!(matches!(store.put_opts(&path, "two".into(), create).await, Err(Error::AlreadyExists { .. })));
        let update = PutOptions::from(PutMode::Update(UpdateVersion::from(first)));
        store.put_opts(&path, "two".into(), update.clone()).await.unwrap();
        assert!(matches!(store.put_opts(&path, "three".into(), update).await, Err(Error::Precondition { .. })));
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "two");
    })
    .run(Seed(7))
    .assert_ok();
}

#[test]
fn a_cut_delays_a_repeated_request_and_fails_a_conditional_one() {
    let options = ObjectClientOptions::default().request_timeout(seconds(2)).connect_timeout(seconds(2));
    let scenario = scenario_with(ObjectStoreModel::default(), options, async |node, store| {
        store.put(&Path::from("before"), "1".into()).await.unwrap();
        node.sleep(seconds(2)).await;
        let create = PutOptions::from(PutMode::Create);
        let lost = store.put_opts(&Path::from("conditional"), "2".into(), create).await.unwrap_err();
        assert_eq!(failure(&lost), RequestFailure::TimedOut, "{lost}");
        store.put(&Path::from("after"), "3".into()).await.unwrap();
        assert!(node.now().since_zero() > seconds(9), "the cut ends after 10 s");
    });
    let plan = FaultPlan::new().at(seconds(1), NetworkFault::isolate("s3/0", seconds(9)));
    let report = scenario.faults(plan).duration(seconds(12)).run(Seed(7));
    report.assert_ok();
    assert!(report.faults[0].effect > 0);
}

#[test]
fn the_content_outlives_a_crash_of_the_store() {
    let scenario = scenario(ObjectStoreModel::default(), async |node, store| {
        store.put(&Path::from("kept"), "1".into()).await.unwrap();
        node.sleep(seconds(5)).await;
        assert_eq!(store.get(&Path::from("kept")).await.unwrap().bytes().await.unwrap(), "1");
    });
    let crash = NodeFault::Crash { node: "s3/0".to_owned(), down_for: Some(seconds(1)) };
    let report = scenario.faults(FaultPlan::new().at(seconds(2), crash)).duration(seconds(8)).run(Seed(7));
    report.assert_ok();
    assert_eq!(report.faults[0].effect, 1);
}

#[test]
fn a_store_that_stays_away_is_an_error_in_the_end() {
    let retry = RetryPolicy { retries: 3, ..RetryPolicy::default() };
    let options = ObjectClientOptions::default().retry(retry);
    let scenario = scenario_with(ObjectStoreModel::default(), options, async |node, store| {
        let error = store.put(&Path::from("lost"), "1".into()).await.unwrap_err();
        assert_eq!(failure(&error), RequestFailure::Unreachable);
        assert!(error.to_string().contains("at attempt 4 after 20."), "{error}: 4 times 5 s, and three waits");
        assert!(node.now().since_zero() > seconds(20));
    });
    scenario.without("s3/0").run(Seed(7)).assert_ok();
}

#[test]
fn a_rule_reads_what_the_store_has_after_each_step() {
    let put = |content: &'static str| {
        scenario(ObjectStoreModel::default(), move |_, store| async move {
            store.put(&Path::from("flag"), content.into()).await.unwrap();
        })
        .always("the flag is down", |world| world.objects(STORE).is_none_or(|objects| objects.content("flag") != Some(b"up")))
    };
    put("down").run(Seed(7)).assert_ok();
    let report = put("up").run(Seed(7));
    assert_eq!(report.violations[0].rule, "the flag is down");
    let answered = report.traffic.sessions.delivered.messages;
    assert!(answered < 3, "found when the store took it, before the client had its answer");
}

#[test]
fn a_client_outside_of_its_simulation_is_an_error() {
    let (send, receive) = std::sync::mpsc::channel();
    let scenario = Scenario::new("kept").object_store("s3", ObjectStoreModel::default()).nodes("client", 1, move |node: Node| {
        let send = send.clone();
        async move {
            send.send(node.object_store(STORE)).unwrap();
            node.sleep(seconds(60)).await;
        }
    });
    let mut sim = scenario.start(Seed(7));
    sim.run_for(seconds(1));
    let store = receive.recv().unwrap();
    let error = futures::executor::block_on(store.head(&Path::from("a"))).unwrap_err();
    assert_eq!(failure(&error), RequestFailure::OutsideSimulation);
}

#[test]
fn runs_of_one_seed_agree_and_seeds_differ() {
    let scenario = scenario(ObjectStoreModel::default(), async |_, store| {
        for number in 0..5 {
            store.put(&Path::from(format!("{number}")), vec![number; 1 << 20].into()).await.unwrap();
        }
        let sizes: Vec<_> = store.list(None).map_ok(|meta| meta.size).try_collect().await.unwrap();
        assert_eq!(sizes, [1 << 20; 5]);
    });
    scenario.check_determinism(Seed(7)).assert_ok();
    assert_ne!(scenario.run(Seed(7)).digest, scenario.run(Seed(8)).digest);
}
