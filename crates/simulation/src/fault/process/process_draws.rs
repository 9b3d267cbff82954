//! The faults of processes that profiles draw, if they are asked for.

use std::time::Duration;

use super::ProcessFault;
use crate::fault::draw::{Draw, Drawn};
use crate::fault::{Fault, FaultKind};

/// The kinds that profiles draw.
pub(super) const DRAWN: &[Drawn] = &[
    Drawn { number: 80, kind: FaultKind::GracefulStop, percent: 50, fault: |draw| Some(graceful_stop(draw)) },
    Drawn { number: 81, kind: FaultKind::Slow, percent: 50, fault: |draw| Some(slow(draw)) },
    Drawn { number: 82, kind: FaultKind::CancelTasks, percent: 50, fault: |draw| Some(cancel_tasks(draw)) },
    Drawn { number: 83, kind: FaultKind::EqualRandom, percent: 25, fault: |draw| Some(equal_random(draw)) },
    Drawn { number: 84, kind: FaultKind::PoisonMessage, percent: 50, fault: |draw| Some(poison_message(draw)) },
    Drawn { number: 85, kind: FaultKind::CrashInIo, percent: 50, fault: |draw| Some(crash_in_io(draw)) },
    Drawn { number: 86, kind: FaultKind::RandomCrashInIo, percent: 25, fault: |draw| Some(random_crash_in_io(draw)) },
];

/// In half of all cases a node has half of the length to stop, else less than 10 ms.
fn graceful_stop(draw: &Draw<'_>) -> Fault {
    let half = draw.length / 2;
    let deadline = if draw.coin() { half } else { draw.quickly().min(half) };
    ProcessFault::GracefulStop { node: draw.node(), deadline, down_for: Some(half) }.into()
}

/// Steps of 10 us to 20 ms.
fn slow(draw: &Draw<'_>) -> Fault {
    let step_time = Duration::from_micros(draw.octaves(10, 11));
    ProcessFault::Slow { node: draw.node(), step_time, duration: Some(draw.length) }.into()
}

/// 1 to 100 percent of the polls.
fn cancel_tasks(draw: &Draw<'_>) -> Fault {
    ProcessFault::CancelTasks { node: draw.node(), share: draw.ratio(), duration: Some(draw.length) }.into()
}

/// All nodes of a group copy the one that was picked.
fn equal_random(draw: &Draw<'_>) -> Fault {
    ProcessFault::EqualRandom { nodes: draw.group(), duration: Some(draw.length) }.into()
}

/// Of the first message in half of all cases, of the second in a quarter, and so on.
fn poison_message(draw: &Draw<'_>) -> Fault {
    let (node, message, down_for) = (draw.node(), draw.nth(), Some(draw.time_down()));
    ProcessFault::PoisonMessage { node, message, down_for, duration: Some(draw.length) }.into()
}

/// In the first operation in half of all cases, in the second in a quarter, and so on.
fn crash_in_io(draw: &Draw<'_>) -> Fault {
    let (node, operation, down_for) = (draw.node(), draw.nth(), Some(draw.time_down()));
    ProcessFault::CrashInIo { node, operation, down_for, duration: Some(draw.length) }.into()
}

/// In 1 to 100 percent of the operations; each time the node is down for a tenth of the length, or less than 10 ms.
fn random_crash_in_io(draw: &Draw<'_>) -> Fault {
    let (node, share, tenth) = (draw.node(), draw.ratio(), draw.length / 10);
    let down_for = Some(if draw.coin() { tenth } else { draw.quickly().min(tenth) });
    ProcessFault::RandomCrashInIo { node, share, down_for, duration: Some(draw.length - tenth) }.into()
}
