//! One fault of each kind: its text, its form in data, what it refuses, what minimization tries in its place.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_transport::{Impairment, LinkModel, Network};
use cluster_sim_types::{NodeId, Ratio, SignedDuration};

use super::json::kinds;
use super::*;

/// A fault of each kind, with a duration where it can have one.
fn one_of_each() -> Vec<Fault> {
    let (node, duration) = (|| "a/0".to_owned(), Some(Duration::from_millis(1_500)));
    let cut = NetworkFault::Cut { from: vec![node()], to: vec!["a/1".to_owned()], both_ways: true, duration };
    let [cut_for, open_for] = [100, 200].map(Duration::from_millis);
    let (from, to) = (vec![node()], vec!["a/1".to_owned()]);
    let flap = NetworkFault::Flap { from, to, both_ways: true, cut_for, open_for, duration };
    let loss = NetworkFault::Loss { links: "default".to_owned(), rule: "rain".to_owned(), ratio: Ratio::percent(5), duration };
    let links = NetworkFault::Links { links: "default".to_owned(), model: LinkModel::default() };
    let (from, to) = (vec![node()], vec!["a/1".to_owned()]);
    let by = Impairment { loss: Ratio::percent(5), delay: Duration::from_millis(300), ..Impairment::default() };
    let impair = LinkFault::Impair { from: from.clone(), to: to.clone(), both_ways: true, by, duration };
    let impair_links = LinkFault::ImpairLinks { links: "default".to_owned(), by, duration };
    let hold = LinkFault::Hold { from: from.clone(), to: to.clone(), both_ways: true, duration };
    let of_links = [impair, impair_links, hold, LinkFault::ReleaseAll, LinkFault::ResetSessions { from, to }];
    let crash = NodeFault::Crash { node: node(), down_for: duration };
    let pause = NodeFault::Pause { node: node(), duration };
    let crash_loop = NodeFault::CrashLoop { node: node(), down_for: cut_for, up_for: open_for, duration };
    let point = "a.sync".to_owned();
    let crash_at = NodeFault::CrashAt { node: node(), point, visit: 2, down_for: Some(cut_for), duration };
    let nodes = [crash, crash_loop, crash_at, NodeFault::Restart { node: node() }, NodeFault::Kill { node: node() }, pause];
    let both = || ["a/0", "a/1"];
    let domains =
        [DomainFault::crash_all(both(), duration), DomainFault::kill_all(both()), DomainFault::pause_all(both(), duration)];
    let rolling = DomainFault::rolling_restart(both(), cut_for, open_for);
    let (both, by) = (Clocks::Both, SignedDuration::back(Duration::from_millis(20)));
    let (ppb, most_ppb, step_ppb) = (-1_000_500, 250_000, 50_000);
    let (period, every) = (Duration::from_millis(160), Duration::from_millis(10));
    let clocks = [
        ClockFault::offset("a/0", by, duration),
        ClockFault::step("a/0", by),
        ClockFault::drift("a/0", both, ppb, duration),
        ClockFault::PeriodicDrift { node: node(), clocks: Clocks::Wall, ppb, period, duration },
        ClockFault::RandomDrift { node: node(), clocks: Clocks::Monotonic, most_ppb, step_ppb, every, duration },
        ClockFault::freeze("a/0", both, duration),
        ClockFault::strobe("a/0", by, period, duration),
        ClockFault::CoarseClock { node: node(), resolution: every, duration },
        ClockFault::late_timers("a/0", Ratio::percent(5), every, duration),
        ClockFault::CoalescedTimers { node: node(), window: every, duration },
    ];
    let faults = [cut, NetworkFault::HealAll, flap, loss, links].into_iter().map(Fault::from);
    faults
        .chain(of_links.map(Fault::from))
        .chain(nodes.map(Fault::from))
        .chain([NodeFault::Resume { node: node() }.into()])
        .chain(domains.map(Fault::from))
        .chain([rolling.into()])
        .chain(clocks.map(Fault::from))
        .chain(disk::one_of_each("a/0", duration).into_iter().map(Fault::from))
        .chain(process::one_of_each("a/0", [open_for, cut_for], duration).into_iter().map(Fault::from))
        .chain(object_store::one_of_each("a/0", duration).into_iter().map(Fault::from))
        .collect()
}

#[test]
fn every_kind_is_one_of_each() {
    let name = |fault: &Fault| match serde_json::to_value(fault).unwrap() {
        serde_json::Value::String(name) => name,
        fields => fields.as_object().unwrap().keys().next().unwrap().clone(),
    };
    let all = one_of_each();
    let names: BTreeSet<String> = all.iter().map(name).collect();
    let known = [kinds::<NetworkFault>(), kinds::<LinkFault>(), kinds::<NodeFault>(), kinds::<DomainFault>()].concat();
    let known = [known, kinds::<ClockFault>().to_vec(), kinds::<DiskFault>().to_vec(), kinds::<ProcessFault>().to_vec()].concat();
    let known = [known, kinds::<ObjectStoreFault>().to_vec()].concat();
    assert_eq!(names, known.iter().map(ToString::to_string).collect());
    let kinds: Vec<String> = all.iter().map(|fault| fault.kind().replace(' ', "_")).collect();
    assert_eq!(kinds, all.iter().map(name).collect::<Vec<_>>(), "a kind has one name in data and in text");
}

#[test]
fn every_fault_reads_as_its_sentence() {
    let texts: Vec<String> = one_of_each().iter().map(ToString::to_string).collect();
    let expected = [
        "cut [a/0] | [a/1] for 1.500s",
        "heal all",
        "flap [a/0] | [a/1] (0.100s cut, 0.200s open) for 1.500s",
        "lose 0.05 of default as rain for 1.500s",
        "change the links default",
        "impair [a/0] | [a/1] (lose 0.05, delay 0.300s) for 1.500s",
        "impair the links default (lose 0.05, delay 0.300s) for 1.500s",
        "hold [a/0] | [a/1] for 1.500s",
        "release all",
        "reset sessions [a/0] | [a/1]",
        "crash a/0 for 1.500s",
        "crash a/0 again and again (0.100s down, 0.200s up) for 1.500s",
        "crash a/0 at a.sync at visit 2 (0.100s down) for 1.500s",
        "restart a/0",
        "kill a/0",
        "pause a/0 for 1.500s",
        "resume a/0",
        "crash [a/0 a/1] at once for 1.500s",
        "kill [a/0 a/1] at once",
        "pause [a/0 a/1] at once for 1.500s",
        "restart [a/0 a/1] one after the other, 0.100s down, 0.200s apart",
        "set the wall clock of a/0 off by -0.020s for 1.500s",
        "step the wall clock of a/0 by -0.020s",
        "drift the clocks of a/0 by -1000.500 ppm for 1.500s",
        "drift the wall clock of a/0 by -1000.500 ppm and back every 0.160s for 1.500s",
        "drift the monotonic clock of a/0 at random within 250.000 ppm, anew every 0.010s for 1.500s",
        "freeze the clocks of a/0 for 1.500s",
        "strobe the wall clock of a/0 by -0.020s every 0.160s for 1.500s",
        "round the clocks of a/0 to 10ms for 1.500s",
        "make 0.05 of the timers of a/0 up to 0.010s late for 1.500s",
        "put the timers of a/0 off to multiples of 10ms for 1.500s",
        "fail 0.05 of the append/set_len operations on wal of a/0 (io, sticky) for 1.500s",
        "leave 100 bytes on the disk of a/0 for 1.500s",
        "fail all syncs on all files of a/0 for 1.500s",
        "lie about syncs on wal/0 of a/0 for 1.500s",
        "rot all sectors on all files of a/0 (3 bits in 2 bytes)",
        "rot 0.05 of the reads on wal of a/0 (3 bits in 2 bytes) for 1.500s",
        "misdirect 0.05 of the reads and writes on wal of a/0 for 1.500s",
        "lose 0.05 of the writes on wal of a/0 for 1.500s",
        "answer 0.05 of the reads on wal of a/0 from before the last write for 1.500s",
        "roll the disk of a/0 back to here after it ran on for 1.500s",
        "cut wal/0 of a/0 off at 10 bytes",
        "lose wal/0 of a/0",
        "append 7 random bytes to wal/0 of a/0",
        "slow the disk of a/0 (3 times, 0.010s more) for 1.500s",
        "stall the disk of a/0 for 1.500s",
        "limit the disk of a/0 (100 operations/s, 4096 bytes/s) for 1.500s",
        "crash a/0 and empty its disk for 1.500s",
        "stop a/0 within 0.200s, 0.100s down",
        "slow a/0 to 2.5ms a step for 1.500s",
        "cancel tasks of a/0 at 0.05 of their polls for 1.500s",
        "give [a/0 a/1] equal random numbers for 1.500s",
        "crash a/0 of message 3 (0.100s down) for 1.500s",
        "crash a/0 in disk operation 1 (0.100s down) for 1.500s",
        "crash a/0 in 0.05 of its disk operations (0.100s down) for 1.500s",
        "refuse 0.05 of the put/get requests to a/0 below \"topic/\" (slow_down/internal_error, retry after 0.100s) for 1.500s",
        "lose the answers to all requests to a/0 (done twice, 0.100s apart, told internal_error) for 1.500s",
        "lose the writes of all requests to a/0 for 1.500s",
        "damage the answers to all requests to a/0 (shift_range) for 1.500s",
        "answer all requests to a/0 as of 0.100s before for 1.500s",
        "answer all requests to a/0 in pages of 3 for 1.500s",
        "bring back what all requests to a/0 delete 0.100s later for 1.500s",
        "lose 0.05 of the objects of a/0 below \"topic/\"",
        "slow all requests to a/0 (3 times, 0.100s more) for 1.500s",
        "stall all requests to a/0 for 1.500s",
        "serve 7 a second of all requests to a/0 for 1.500s",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn every_fault_in_data_parses_to_itself() {
    for fault in one_of_each() {
        let saved = serde_json::to_string(&fault).unwrap();
        assert_eq!(serde_json::from_str::<Fault>(&saved).unwrap(), fault, "{saved}");
    }
}

#[test]
fn every_fault_is_refused_where_its_names_are_unknown() {
    let failpoints = ["a.sync".to_owned()].into();
    let (none, network) = (NodeNames { failpoints, ..NodeNames::default() }, Network::new());
    let nodes = BTreeMap::from([("a/0".to_owned(), NodeId(0)), ("a/1".to_owned(), NodeId(1))]);
    let failpoints = ["a.sync".to_owned()].into();
    let nodes = NodeNames { nodes, failpoints, object_stores: [NodeId(0)].into(), ..NodeNames::default() };
    for mut fault in one_of_each() {
        let known = fault.resolve(0, Declared::new(&nodes, &network));
        assert!(known.is_ok(), "{fault}: {known:?}");
        let unknown = fault.resolve(3, Declared::new(&none, &network));
        let names_nodes = !fault.nodes().is_empty();
        assert_eq!(matches!(unknown, Err(PlanError::UnknownNode { index: 3, .. })), names_nodes, "{fault}: {unknown:?}");
        let text = fault.to_string();
        assert_eq!(fault.duration().is_some(), text.ends_with("for 1.500s"), "{text}");
        assert_eq!(fault.duration(), fault.duration_mut().copied());
    }
}

#[test]
fn what_has_no_end_of_its_own_is_ended_by_its_counterpart() {
    let endless: Vec<Fault> = one_of_each()
        .into_iter()
        .map(|mut fault| {
            match &mut fault {
                Fault::Clock(ClockFault::Offset { duration, .. }) => *duration = None,
                Fault::Network(
                    NetworkFault::Cut { duration, .. } | NetworkFault::Flap { duration, .. } | NetworkFault::Loss { duration, .. },
                )
                | Fault::Link(
                    LinkFault::Impair { duration, .. } | LinkFault::ImpairLinks { duration, .. } | LinkFault::Hold { duration, .. },
                )
                | Fault::Node(
                    NodeFault::Crash { down_for: duration, .. }
                    | NodeFault::CrashLoop { duration, .. }
                    | NodeFault::CrashAt { duration, .. }
                    | NodeFault::Pause { duration, .. },
                ) => *duration = None,
                _ => {}
            }
            fault
        })
        .collect();
    let ended_in = |earlier: &[Fault]| {
        let pairs = one_of_each().into_iter().flat_map(|fault| {
            earlier.iter().filter(|earlier| fault.ends(earlier)).map(|earlier| (fault.kind(), earlier.kind())).collect::<Vec<_>>()
        });
        pairs.collect::<Vec<_>>()
    };
    let expected = [
        ("heal all", "cut"),
        ("loss", "loss"),
        ("links", "links"),
        ("release all", "hold"),
        ("restart", "crash"),
        ("resume", "pause"),
        ("clock offset", "clock offset"),
    ];
    assert_eq!(ended_in(&endless), expected);
    assert_eq!(ended_in(&one_of_each()), [("links", "links")], "the others have an end");
    let other = Fault::from(NodeFault::Restart { node: "a/1".to_owned() });
    assert!(!endless.iter().any(|earlier| other.ends(earlier)), "it is about another node");
}

#[test]
fn every_fault_has_simpler_ones_and_they_end() {
    let simpler: Vec<String> = one_of_each().iter().flat_map(Fault::simpler).map(|fault| fault.to_string()).collect();
    let expected = [
        "cut [a/0] -/-> [a/1] for 1.500s",
        "cut [a/0] | [a/1] for 0.100s",
        "impair [a/0] | [a/1] (lose 0.05) for 1.500s",
        "impair [a/0] | [a/1] (delay 0.300s) for 1.500s",
        "impair [a/0] -/-> [a/1] (lose 0.05, delay 0.300s) for 1.500s",
        "impair the links default (lose 0.05) for 1.500s",
        "impair the links default (delay 0.300s) for 1.500s",
        "hold [a/0] -/-> [a/1] for 1.500s",
        "crash a/0 for 0.100s",
        "crash a/0 at a.sync (0.100s down) for 1.500s",
        "crash a/0 at a.sync at visit 2 (0.001s down) for 1.500s",
        "restart [a/0 a/1] one after the other, 0.001s down, 0.200s apart",
        "restart [a/0 a/1] one after the other, 0.100s down, 0.000s apart",
        "set the wall clock of a/0 off by -0.010s for 1.500s",
        "step the wall clock of a/0 by -0.010s",
        "drift the wall clock of a/0 by -1000.500 ppm for 1.500s",
        "drift the monotonic clock of a/0 by -1000.500 ppm for 1.500s",
        "drift the clocks of a/0 by -1000.000 ppm for 1.500s",
        "drift the wall clock of a/0 by -1000.500 ppm for 1.500s",
        "drift the monotonic clock of a/0 by +250.000 ppm for 1.500s",
        "freeze the wall clock of a/0 for 1.500s",
        "freeze the monotonic clock of a/0 for 1.500s",
        "strobe the wall clock of a/0 by -0.010s every 0.160s for 1.500s",
        "round the clocks of a/0 to 1ms for 1.500s",
        "make 0.05 of the timers of a/0 up to 0.001s late for 1.500s",
        "put the timers of a/0 off to multiples of 1ms for 1.500s",
        "fail 0.05 of the append/set_len operations on wal of a/0 (io) for 1.500s",
        "rot all sectors on all files of a/0 (1 bits in 2 bytes)",
        "rot 0.05 of the reads on wal of a/0 (1 bits in 2 bytes) for 1.500s",
        "slow the disk of a/0 (3 times) for 1.500s",
        "slow the disk of a/0 (0.010s more) for 1.500s",
        "limit the disk of a/0 (100 operations/s) for 1.500s",
        "limit the disk of a/0 (4096 bytes/s) for 1.500s",
        "stop a/0 within 0.001s, 0.100s down",
        "stop a/0 within 0.200s, 0.001s down",
        "slow a/0 to 1ms a step for 1.500s",
        "crash a/0 of message 1 (0.100s down) for 1.500s",
        "crash a/0 of message 3 (0.001s down) for 1.500s",
        "crash a/0 in disk operation 1 (0.001s down) for 1.500s",
        "crash a/0 in 0.05 of its disk operations (0.001s down) for 1.500s",
        "refuse 0.05 of the put/get requests to a/0 below \"topic/\" (slow_down/internal_error) for 1.500s",
        "lose the answers to all requests to a/0 (done, told internal_error) for 1.500s",
        "slow all requests to a/0 (3 times) for 1.500s",
        "slow all requests to a/0 (0.100s more) for 1.500s",
    ];
    assert_eq!(simpler, expected);
    let mut all = one_of_each();
    for _ in 0..10 {
        all = all.iter().flat_map(Fault::simpler).collect();
    }
    assert!(all.is_empty(), "there is no end to what is simpler than {all:?}");
}
