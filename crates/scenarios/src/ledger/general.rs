//! Scenario files of the ledger.

use cluster_sim::Scenario;
use cluster_sim_ledger::rules::Measured;
use cluster_sim_ledger::{Bug, Config, LedgerFact, Recovery, STORES};
use cluster_sim_registry::{
    Aim, Condition, FieldShape, GeneralFormat, GroupDeclaration, Measures, Parameters, Phases, Setup, Shape,
};
use serde_json::json;

use super::planted::{ACKNOWLEDGED, DURABLE, FRESH_READS, HISTORY, MEMORY, ONE_PRIMARY, SETTLED};
use super::{BAD_DISKS, CLIENTS, SIGNATURE_METRICS, nodes, with_rules};
use crate::workload::{bug_field, bug_of, pause_field, style_field, style_of, time_field, whole_field};

/// The declaration of its files.
pub(super) fn format() -> GeneralFormat {
    let Config { requests, pause, answer_timeout, deadline, heartbeat, lease, election, .. } = Config::default();
    let recovery = Shape::word("recovery", &["own_disk", "both_others"]);
    GeneralFormat {
        example: r#"{"format": 1, "system": "ledger", "seed": 7, "duration_secs": 2,
 "faults": [{"at_ms": 400, "fault": {"disk_full": {"node": "store/1", "free": [0, 4000], "duration_ms": 300}}}]}"#,
        groups: vec![
            GroupDeclaration {
                name: "store",
                bounds: [STORES; 2],
                count: STORES,
                about: "The stores, which keep one ledger on their disks.",
            },
            GroupDeclaration {
                name: "client",
                bounds: [1, 1_000],
                count: CLIENTS,
                about: "The clients, which deposit and ask for the balance.",
            },
        ],
        workload: vec![
            style_field(),
            whole_field(
                "requests",
                [1, 1_000_000],
                requests,
                "The requests of a client, one at a time; each second one is a read.",
            ),
            pause_field("pause_ms", pause, "The time between an answer and the next request."),
            time_field("answer_timeout_ms", answer_timeout, "The time a client waits before it asks the next store."),
            time_field("deadline_ms", deadline, "The time after which a client gives a request up."),
            time_field("heartbeat_ms", heartbeat, "The time between two heartbeats of a primary."),
            pause_field("lease_ms", lease, "How long a primary answers reads by itself after a heartbeat; 0 for never."),
            time_field("election_ms", election, "The shortest time without word from a primary after which a store asks to lead."),
            FieldShape::with_default(
                "recovery",
                recovery,
                "own_disk",
                "Whether a store that restarts believes its disk, or waits for both others.",
            ),
            bug_field(Bug::ALL),
        ],
        conditions: vec![
            Condition {
                name: "leads",
                about: "A store begins to lead; it is the node.",
                fields: Vec::new(),
                group: "store",
                aim: |_| Box::new(|change, _| matches!(change.fact(), Some(LedgerFact::Leads { .. })).then(|| change.node())),
            },
            Condition {
                name: "vouched",
                about: "A store vouches for having that many entries on its disk; it is the node.",
                fields: vec![whole_field("entries", [1, 1_000_000], 1, "The number of the last of these entries.")],
                group: "store",
                aim: vouched,
            },
        ],
        checks: vec![HISTORY, ACKNOWLEDGED, FRESH_READS, ONE_PRIMARY, MEMORY, DURABLE, SETTLED],
        measures: Some(Measures { observer: HISTORY, empty: || json!(Measured::default()), signature: SIGNATURE_METRICS }),
        phases: Phases::default(),
        build,
    }
}

fn build(setup: &Setup<'_>) -> Scenario {
    let workload = setup.workload();
    let recovery = if workload.text("recovery") == "both_others" { Recovery::BothOthers } else { Recovery::OwnDisk };
    let config = Config {
        requests: workload.whole("requests"),
        pause: workload.millis("pause_ms"),
        answer_timeout: workload.millis("answer_timeout_ms"),
        deadline: workload.millis("deadline_ms"),
        heartbeat: workload.millis("heartbeat_ms"),
        lease: workload.millis("lease_ms"),
        election: workload.millis("election_ms"),
        recovery,
        bug: bug_of(Bug::ALL, &workload),
    };
    let liars = if recovery == Recovery::BothOthers { BAD_DISKS } else { 0 };
    with_rules(nodes(setup.name(), style_of(&workload), setup.count("client"), config), config, liars)
}

fn vouched(parameters: &Parameters<'_>) -> Aim {
    let entries = parameters.whole("entries");
    Box::new(move |change, _| match change.fact() {
        Some(LedgerFact::Vouched { upto, .. }) if *upto >= entries => Some(change.node()),
        _ => None,
    })
}
