//! Under any mix of faults promises are kept, nothing is invented, and runs repeat.

use std::collections::BTreeSet;

use cluster_sim::fault::{FaultKind, NetworkFault};
use cluster_sim::object_store::{ObjectErrorKind, RetryPolicy};
use cluster_sim_testkit::arbitrary_objects::{any_honest_object_fault, any_object_fault};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use proptest::prelude::*;

use super::*;

const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The keys that were acknowledged, each with the only content that was ever written there; and what reads gave.
#[derive(Debug, Default, Clone)]
struct Seen {
    acknowledged: BTreeSet<String>,
    /// Whether a read gave something that was never written to its key.
    invented: Option<String>,
    is_done: bool,
}

fn content(key: &str) -> String {
    format!("the only content of {key}")
}

/// Writes each key once, reads and lists between, and publishes what it saw.
async fn writes(node: Node, store: Arc<dyn ObjectStore>) {
    for number in 0..12 {
        let key = format!("{}{number}", ["a", "b/", "c/"][number % 3]);
        if store.put(&Path::from(key.as_str()), content(&key).into()).await.is_ok() {
            node.publish(|seen: &mut Seen| seen.acknowledged.extend([key.clone()]));
        }
        let read = match store.get(&Path::from(key.as_str())).await {
            Ok(got) => got.bytes().await.ok(),
            Err(_) => None,
        };
        let listed: Vec<String> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap_or_default();
        node.publish(|seen: &mut Seen| {
            if let Some(bytes) = read.filter(|bytes| bytes != content(&key).as_bytes()) {
                seen.invented = Some(format!("{key}: {bytes:?}"));
            }
            let unknown = listed.iter().find(|key| !key.starts_with(['a', 'b', 'c']));
            seen.invented = seen.invented.take().or_else(|| unknown.cloned());
        });
    }
    node.publish(|seen: &mut Seen| seen.is_done = true);
}

fn writers(retry: RetryPolicy) -> Scenario {
    let options = ObjectClientOptions::default().retry(retry).request_timeout(Duration::from_secs(2));
    let model = ObjectStoreModel { page: 5, ..ObjectStoreModel::default() };
    scenario_with(model, options, writes).duration(Duration::from_secs(20))
}

fn has_all_acknowledged(world: &World<'_>) -> bool {
    let objects = world.objects(STORE).expect("it serves a store");
    world.views::<Seen>().all(|(_, seen)| {
        seen.acknowledged.iter().all(|key| objects.content(key).is_some_and(|bytes| bytes == content(key).as_bytes()))
    })
}

fn nothing_is_invented(world: &World<'_>) -> bool {
    world.views::<Seen>().all(|(_, seen)| seen.invented.is_none())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn an_acknowledged_put_stays_under_any_faults_that_tell(
        faults in prop::collection::vec((0..15_000_u64, any_honest_object_fault("s3/0", Duration::from_secs(8))), 0..8),
        cut in prop::option::of((0..15_000_u64, 100..5_000_u64)),
        crash in prop::option::of((0..15_000_u64, 100..5_000_u64)),
        seed in any::<u64>().prop_map(Seed),
    ) {
        let plan = faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(milliseconds(at), fault));
        let plan = cut.into_iter().fold(plan, |plan, (at, length)| {
            plan.at(milliseconds(at), NetworkFault::isolate("s3/0", milliseconds(length)))
        });
        let plan = crash.into_iter().fold(plan, |plan, (at, length)| {
            plan.at(milliseconds(at), NodeFault::Crash { node: "s3/0".to_owned(), down_for: Some(milliseconds(length)) })
        });
        let report = writers(RetryPolicy { retries: 3, ..RetryPolicy::default() })
            .faults(plan)
            .always("what is acknowledged is in the store", has_all_acknowledged)
            .always("nothing is invented", nothing_is_invented)
            .run(seed);
        report.assert_ok();
    }

    #[test]
    fn runs_under_any_faults_of_a_store_repeat(
        faults in prop::collection::vec((0..15_000_u64, any_object_fault("s3/0", Duration::from_secs(8))), 0..8),
        seed in any::<u64>().prop_map(Seed),
    ) {
        let plan = faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(milliseconds(at), fault));
        let scenario = writers(RetryPolicy { retries: 3, ..RetryPolicy::default() }).faults(plan);
        let report = scenario.run(seed);
        prop_assert!(report.panic.is_none(), "{report}");
        prop_assert_eq!(report.digest, scenario.run(seed).digest);
        let (logged, decisions) = scenario.run_with_decisions(seed);
        prop_assert_eq!(logged.digest, report.digest);
        prop_assert_eq!(scenario.with_decisions(&decisions).run(seed).digest, report.digest);
    }
}

#[test]
fn nothing_crosses_a_cut() {
    let plan = FaultPlan::new().at(Duration::ZERO, NetworkFault::isolate("s3/0", None));
    let options = RetryPolicy { retries: 1, ..RetryPolicy::default() };
    let mut sim = writers(options).faults(plan).start(Seed(7));
    sim.run_for(Duration::from_secs(19));
    let keys = sim.inspect(|world| world.objects(STORE).expect("it serves a store").keys(""));
    assert_eq!(keys, [""; 0]);
}

#[test]
fn a_profile_that_is_asked_hits_the_store_with_every_kind() {
    let kinds = || FaultKind::object_store().chain(FaultKind::object_store_dishonest());
    let often = FaultProfile { mean_interval: milliseconds(1_500), mean_duration: milliseconds(3_000), ..FaultProfile::none() };
    let scenario = writers(RetryPolicy { retries: 2, ..RetryPolicy::default() }).chaos(often.only(kinds()));
    let mut effective = BTreeSet::new();
    for seed in 0..60 {
        let report = scenario.run(Seed(seed));
        assert!(report.panic.is_none(), "{report}");
        effective.extend(report.faults.iter().filter(|record| record.effect > 0).map(|record| record.fault.kind()));
    }
    let all = [
        "object damage",
        "object error",
        "object expire",
        "object lag",
        "object lost answer",
        "object lost write",
        "object pages",
        "object stall",
        "object throttle",
        "slow objects",
    ];
    assert_eq!(effective.into_iter().collect::<Vec<_>>(), all, "all but `object resurrect`: nothing is deleted here");
}

#[test]
fn a_profile_of_stores_is_refused_where_there_is_none() {
    let profile = FaultProfile::default().only(FaultKind::object_store());
    let error = Scenario::new("bare").nodes("node", 1, async |_| {}).chaos(profile).validate().unwrap_err().to_string();
    assert!(error.contains("faults of object stores need `Scenario::object_store`"), "{error}");
}

#[test]
fn every_error_that_a_store_answers_by_itself_has_a_status() {
    let statuses: Vec<u16> = ObjectErrorKind::SPONTANEOUS.iter().map(|kind| kind.status()).collect();
    assert_eq!(statuses, [500, 502, 503, 429, 401, 403, 409, 200]);
}
