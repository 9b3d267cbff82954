//! Tests of faults of object stores: one of each, and the reasons for which they are refused.

use std::collections::BTreeMap;

use cluster_sim_storage::ObjectOpKind;
use cluster_sim_transport::Network;
use cluster_sim_types::{NodeId, Ratio};

use super::*;
use crate::fault::NodeNames;
use crate::fault::family::{Declared, Family};

/// A fault of each kind, with a duration where it can have one.
pub(in crate::fault) fn one_of_each(store: &str, duration: Option<Duration>) -> Vec<ObjectStoreFault> {
    let all = || ObjectRequests::to(store);
    let some = || all().only([ObjectOpKind::Get, ObjectOpKind::Put]).below("topic/").share(Ratio::percent(5));
    let (short, errors) = (Duration::from_millis(100), vec![ObjectErrorKind::SlowDown, ObjectErrorKind::InternalError]);
    let error = Some(ObjectErrorKind::InternalError);
    vec![
        ObjectStoreFault::Fail { requests: some(), errors, retry_after: Some(short), duration },
        ObjectStoreFault::LoseAnswer { requests: all(), after: short, twice: true, error, duration },
        ObjectStoreFault::LoseWrite { requests: all(), duration },
        ObjectStoreFault::Damage { requests: all(), damage: ObjectDamage::ShiftRange, duration },
        ObjectStoreFault::Lag { requests: all(), lag: short, duration },
        ObjectStoreFault::ShortPages { requests: all(), entries: 3, duration },
        ObjectStoreFault::Resurrect { requests: all(), after: short, duration },
        ObjectStoreFault::Expire { requests: some() },
        ObjectStoreFault::Slow { requests: all(), factor: 3, extra: short, duration },
        ObjectStoreFault::Stall { requests: all(), duration },
        ObjectStoreFault::Throttle { requests: all(), requests_per_second: 7, duration },
    ]
}

fn refusal(fault: &ObjectStoreFault) -> String {
    let (nodes, network) = (BTreeMap::from([("s3/0".to_owned(), NodeId(0)), ("a/0".to_owned(), NodeId(1))]), Network::new());
    let nodes = NodeNames { nodes, object_stores: [NodeId(0)].into(), ..NodeNames::default() };
    let names = Declared { kind: fault.kind().name, ..Declared::new(&nodes, &network) };
    fault.resolve(&names).unwrap_err().to_string()
}

#[test]
fn an_impossible_fault_of_an_object_store_is_refused_with_a_cure() {
    let all = || ObjectRequests::to("s3/0");
    let fail = |errors: &[ObjectErrorKind]| ObjectStoreFault::Fail {
        requests: all(),
        errors: errors.to_vec(),
        retry_after: None,
        duration: None,
    };
    let slow = |factor| ObjectStoreFault::Slow { requests: all(), factor, extra: Duration::ZERO, duration: None };
    let twice = ObjectStoreFault::LoseAnswer { requests: all(), after: Duration::ZERO, twice: true, error: None, duration: None };
    for (fault, reason) in [
        (ObjectStoreFault::outage("a/0", None), "a/0 serves no object store; declare one with `Scenario::object_store`"),
        (ObjectStoreFault::Stall { requests: all().share(Ratio::ZERO), duration: None }, "a share of 0 hits nothing; use more"),
        (fail(&[]), "it has no errors; name at least one"),
        (fail(&[ObjectErrorKind::NoSuchKey]), "no store fails with NoSuchKey by itself; use one of InternalError, "),
        (twice, "a write that is done twice needs a time between; give `after`"),
        (ObjectStoreFault::Lag { requests: all(), lag: Duration::ZERO, duration: None }, "a lag of 0 shows the present; use more"),
        (ObjectStoreFault::ShortPages { requests: all(), entries: 0, duration: None }, "a page of 0 entries would never end"),
        (slow(0), "a factor of 0 would make the store infinitely fast; use 1 or more"),
        (slow(1), "a factor of 1 and no extra time slow nothing down"),
        (ObjectStoreFault::Throttle { requests: all(), requests_per_second: 0, duration: None }, "a rate of 0 serves nothing"),
    ] {
        let text = refusal(&fault);
        assert!(text.contains(reason), "{text}");
    }
}
