//! The faults of object stores that profiles draw: of all requests to a store.

use std::time::Duration;

use cluster_sim_storage::{ObjectDamage, ObjectErrorKind};

use super::{ObjectRequests, ObjectStoreFault};
use crate::fault::draw::{Draw, Drawn};
use crate::fault::{Fault, FaultKind};

const fn drawn(number: u64, kind: FaultKind, fault: fn(&Draw<'_>) -> Option<Fault>) -> Drawn {
    Drawn { number, kind, percent: 50, fault }
}

/// The kinds that profiles draw.
pub(super) const DRAWN: &[Drawn] = &[
    drawn(110, FaultKind::ObjectError, |draw| Some(error(draw).into())),
    drawn(111, FaultKind::ObjectLostAnswer, |draw| Some(lost_answer(draw).into())),
    drawn(112, FaultKind::SlowObjects, |draw| {
        let (requests, duration) = (ObjectRequests::to(draw.node()), Some(draw.length));
        let slow = |factor, extra| ObjectStoreFault::Slow { requests, factor, extra, duration };
        Some(if draw.coin() { slow(1, draw.delay()) } else { slow(2 << (draw.low() % 7), Duration::ZERO) }.into())
    }),
    drawn(113, FaultKind::ObjectStall, |draw| {
        Some(ObjectStoreFault::Stall { requests: some(draw), duration: Some(draw.length) }.into())
    }),
    drawn(114, FaultKind::ObjectThrottle, |draw| {
        let (requests, requests_per_second) = (ObjectRequests::to(draw.node()), 1 << (draw.low() % 8));
        Some(ObjectStoreFault::Throttle { requests, requests_per_second, duration: Some(draw.length) }.into())
    }),
    drawn(115, FaultKind::ObjectPages, |draw| {
        let (requests, entries) = (ObjectRequests::to(draw.node()), 1 << (draw.low() % 4));
        Some(ObjectStoreFault::ShortPages { requests, entries, duration: Some(draw.length) }.into())
    }),
    drawn(116, FaultKind::ObjectLag, |draw| {
        let lag = draw.delay() * 8;
        Some(ObjectStoreFault::Lag { requests: some(draw), lag, duration: Some(draw.length) }.into())
    }),
    drawn(117, FaultKind::ObjectDamage, |draw| {
        let damages =
            [ObjectDamage::Break, ObjectDamage::Truncate, ObjectDamage::FlipBit, ObjectDamage::WrongTag, ObjectDamage::ShiftRange];
        let damage = damages[(draw.low() % 5) as usize];
        Some(ObjectStoreFault::Damage { requests: some(draw), damage, duration: Some(draw.length) }.into())
    }),
    drawn(118, FaultKind::ObjectLostWrite, |draw| {
        Some(ObjectStoreFault::LoseWrite { requests: some(draw), duration: Some(draw.length) }.into())
    }),
    drawn(119, FaultKind::ObjectResurrect, |draw| {
        let after = draw.delay() * 8;
        Some(ObjectStoreFault::Resurrect { requests: some(draw), after, duration: Some(draw.length) }.into())
    }),
    drawn(120, FaultKind::ObjectExpire, |draw| Some(ObjectStoreFault::Expire { requests: some(draw) }.into())),
];

/// 1 to 100 percent of all requests.
fn some(draw: &Draw<'_>) -> ObjectRequests {
    ObjectRequests::to(draw.node()).share(draw.ratio())
}

/// One kind of error, or in half of all cases the four of a store that is overloaded; half of the time with a time to wait.
fn error(draw: &Draw<'_>) -> ObjectStoreFault {
    let overloaded = || ObjectErrorKind::SPONTANEOUS[..4].to_vec();
    let one = || vec![ObjectErrorKind::SPONTANEOUS[(draw.low() % 8) as usize]];
    let errors = if draw.coin() { overloaded() } else { one() };
    let retry_after = (draw.low() & 8 == 0).then(|| draw.delay());
    ObjectStoreFault::Fail { requests: some(draw), errors, retry_after, duration: Some(draw.length) }
}

/// An answer in place of the lost one in half of all cases; done once, late or twice.
fn lost_answer(draw: &Draw<'_>) -> ObjectStoreFault {
    let error = draw.coin().then_some(ObjectErrorKind::InternalError);
    let (after, twice) = match draw.low() % 3 {
        0 => (Duration::ZERO, false),
        1 => (draw.delay() * 8, false),
        _ => (draw.delay() * 8, true),
    };
    ObjectStoreFault::LoseAnswer { requests: some(draw), after, twice, error, duration: Some(draw.length) }
}
