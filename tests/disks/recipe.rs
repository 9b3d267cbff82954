//! The recipe for nodes with disks, `FaultProfile::default().with_disk_faults()`, finds an acknowledgement before the sync.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::fault::FaultKind;
use cluster_sim::node::{Journal, JournalError, JournalOptions};
use cluster_sim::prelude::*;

/// The number of acknowledged values that a client has seen.
#[derive(Debug)]
struct Acknowledged(u64);

/// The number of values that the store found when it booted.
#[derive(Debug)]
struct Found(u64);

/// Appends each value, and acknowledges it with the number of values: once all are durable, or before.
async fn store(node: Node, is_early: bool) -> Result<(), JournalError> {
    let port = node.bind::<u64>("values");
    let (mut journal, recovered) = Journal::open(&node.disk(), "values", JournalOptions::default()).await?;
    node.emit(Found(recovered.records.len() as u64));
    loop {
        let received = port.recv().await;
        let count = journal.append(received.message.to_le_bytes()).await?;
        if is_early {
            port.send(received.from, count);
        }
        journal.sync().await?;
        if !is_early {
            port.send(received.from, count);
        }
    }
}

/// Opens the journal again after every error of the disk.
async fn stubborn(node: Node, is_early: bool) {
    while store(node.clone(), is_early).await.is_err() {
        node.sleep(Duration::from_millis(100)).await;
    }
}

async fn client(node: Node) {
    let port = node.bind::<u64>("values");
    for value in 0.. {
        port.send(NodeId(0), value);
        if let Ok(answer) = node.timeout(Duration::from_millis(200), port.recv()).await {
            node.emit(Acknowledged(answer.message));
        }
        node.sleep(Duration::from_millis(50)).await;
    }
}

/// Every acknowledged value is there after each boot.
#[derive(Default)]
struct Durable {
    acknowledged: BTreeMap<NodeId, u64>,
    judged: u64,
}

impl Invariant for Durable {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        let Change::Fact(node, fact) = change else { return Verdict::Holds };
        if let Some(Acknowledged(count)) = (**fact).as_any().downcast_ref() {
            self.acknowledged.insert(*node, *count);
        }
        let Some(Found(found)) = (**fact).as_any().downcast_ref() else { return Verdict::Holds };
        self.judged += 1;
        let most = self.acknowledged.values().max().copied().unwrap_or_default();
        if *found < most {
            return Verdict::violated([*node], format!("{most} values were acknowledged, {found} are there"));
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.judged
    }
}

fn storing(is_early: bool) -> Scenario {
    Scenario::new("storing")
        .nodes("store", 1, move |node| stubborn(node, is_early))
        .nodes("client", 2, client)
        .observe("acknowledged values survive", Durable::default)
}

/// How many of 300 seeds fail, and the first that does.
fn failing(is_early: bool, profile: FaultProfile) -> (usize, Option<u64>) {
    let scenario = storing(is_early).chaos(profile);
    let failing: Vec<u64> = (0..300).filter(|seed| scenario.run(Seed(*seed)).outcome != Outcome::Held).collect();
    (failing.len(), failing.first().copied())
}

#[test]
fn the_recipe_for_disks_finds_early_acknowledgements() {
    let recipe = || FaultProfile::default().with_disk_faults();
    let (few, _) = failing(true, recipe().without([FaultKind::CrashInIo]));
    let (found, _) = failing(true, recipe());
    assert!(found >= 2 * few, "crashes with an operation in flight: {found}, without: {few}");
    let (of_stores, first) = failing(true, recipe().sparing(["client"]));
    println!("{few} {found} {of_stores} {first:?}");
    assert!(of_stores > found && first < Some(20), "{of_stores} of 300, from {first:?} on, {found} if clients are hit too");
    assert_eq!(failing(false, recipe().sparing(["client"])), (0, None));
}

#[test]
fn the_last_events_of_a_loss_show_the_crash_and_few_operations() {
    let scenario = storing(true).chaos(FaultProfile::default().with_disk_faults().sparing(["client"]));
    let mut reports = (0..300).map(|seed| scenario.run(Seed(seed)));
    let report = reports.find(|report| report.outcome == Outcome::Violated).expect("a seed fails");
    let lines = &report.last_events;
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert!(count("store/0 crashes") > 0 && count("states Found") > 0, "{lines:#?}");
    assert!(count(" more operation") > 0 && count("store/0 disk: ") < 8, "{lines:#?}");
}
