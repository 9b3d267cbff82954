//! Clock faults as a family: how they are shown, refused, applied and ended.

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_types::{Health, NodeId};

use super::motion::{ClockInForce, Motion, PIECES};
use super::simpler::simpler;
use super::{ClockFault, Clocks, drawn};
use crate::event::seconds;
use crate::fault::PlanError;
use crate::fault::draw::Drawn;
use crate::fault::family::{Applied, Declared, Family, Kind, SpanKind};

/// The shortest time between two changes of a clock.
const SHORTEST: Duration = Duration::from_millis(1);

/// The slowest and the fastest that a clock may run, in billionths beyond the true rate.
const SLOWEST: i64 = -500_000_000;
const FASTEST: i64 = 1_000_000_000;

impl ClockFault {
    /// The node that it concerns.
    pub(crate) fn node(&self) -> &String {
        match self {
            Self::Offset { node, .. }
            | Self::Step { node, .. }
            | Self::Drift { node, .. }
            | Self::PeriodicDrift { node, .. }
            | Self::RandomDrift { node, .. }
            | Self::Freeze { node, .. }
            | Self::Strobe { node, .. }
            | Self::CoarseClock { node, .. }
            | Self::LateTimers { node, .. }
            | Self::CoalescedTimers { node, .. } => node,
        }
    }

    /// Its duration, if it can have one.
    pub(crate) fn length(&mut self) -> Option<&mut Option<Duration>> {
        match self {
            Self::Step { .. } => None,
            Self::Offset { duration, .. }
            | Self::Drift { duration, .. }
            | Self::PeriodicDrift { duration, .. }
            | Self::RandomDrift { duration, .. }
            | Self::Freeze { duration, .. }
            | Self::Strobe { duration, .. }
            | Self::CoarseClock { duration, .. }
            | Self::LateTimers { duration, .. }
            | Self::CoalescedTimers { duration, .. } => Some(duration),
        }
    }

    /// Why it is impossible.
    fn mistake(&self) -> Option<String> {
        match *self {
            Self::Drift { ppb: 0, .. } | Self::PeriodicDrift { ppb: 0, .. } | Self::RandomDrift { most_ppb: 0, .. } => {
                Some("a drift of 0 ppb changes nothing; choose 1 or more, or less than 0 for a slower clock".to_owned())
            }
            Self::Drift { ppb, .. } | Self::PeriodicDrift { ppb, .. } if !(SLOWEST..=FASTEST).contains(&ppb) => Some(format!(
                "a drift of {ppb} ppb is beyond 1:2; choose {SLOWEST} to {FASTEST}, or freeze the clock with `clock_freeze`"
            )),
            Self::PeriodicDrift { ppb, .. } if ppb > -SLOWEST => {
                Some(format!("a drift of {ppb} ppb is beyond 1:2 half a period later; choose {SLOWEST} to {}", -SLOWEST))
            }
            Self::RandomDrift { most_ppb, .. } if i64::from(most_ppb) > -SLOWEST => {
                Some(format!("a drift of up to {most_ppb} ppb is beyond 1:2; choose at most {}", -SLOWEST))
            }
            Self::PeriodicDrift { period, .. } if period < SHORTEST * PIECES => {
                Some(format!("a period of {period:?} is too short; choose at least {:?}", SHORTEST * PIECES))
            }
            Self::RandomDrift { every, .. } if every < SHORTEST => {
                Some(format!("a drift that changes every {every:?} changes too often; choose at least {SHORTEST:?}"))
            }
            Self::Strobe { period, .. } if period < SHORTEST * 2 => {
                Some(format!("a period of {period:?} is too short; choose at least {:?}", SHORTEST * 2))
            }
            Self::CoarseClock { resolution, .. } if resolution.is_zero() => {
                Some("a clock with a resolution of 0s shows no time; choose at least 1ns".to_owned())
            }
            Self::LateTimers { up_to, .. } if up_to.is_zero() => {
                Some("timers that are late by up to 0s are on time; choose at least 1ns, or a share of 0".to_owned())
            }
            Self::CoalescedTimers { window, .. } if window.is_zero() => {
                Some("a window of 0s puts no timer off; choose at least 1ns".to_owned())
            }
            _ => None,
        }
    }
}

impl Family for ClockFault {
    type Resolved = (NodeId, ClockFault);
    type InForce = ClockInForce;

    const DRAWN: &'static [Drawn] = drawn::DRAWN;

    fn kind(&self) -> Kind {
        let (name, counts) = match self {
            Self::Offset { .. } => ("clock offset", WRONG_READINGS),
            Self::Step { .. } => ("clock step", WRONG_READINGS),
            Self::Drift { .. } => ("clock drift", WRONG),
            Self::PeriodicDrift { .. } => ("periodic drift", WRONG),
            Self::RandomDrift { .. } => ("random drift", WRONG),
            Self::Freeze { .. } => ("clock freeze", WRONG),
            Self::Strobe { .. } => ("clock strobe", WRONG_READINGS),
            Self::CoarseClock { .. } => ("coarse clock", WRONG),
            Self::LateTimers { .. } => ("late timers", ["timer fired late", "timers fired late"]),
            Self::CoalescedTimers { .. } => ("coalesced timers", ["timer put off", "timers put off"]),
        };
        Kind { name, span: Some(SpanKind::Node), counts: Some(counts) }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let clocks = |clocks: &Clocks| match clocks {
            Clocks::Wall => "the wall clock",
            Clocks::Monotonic => "the monotonic clock",
            Clocks::Both => "the clocks",
        };
        let ppm = |ppb: i64| format!("{}.{:03} ppm", ppb / 1_000, ppb % 1_000);
        let signed = |ppb: &i64| format!("{}{}", if *ppb < 0 { '-' } else { '+' }, ppm(ppb.saturating_abs()));
        let mut parts = vec![("node", self.node().clone())];
        match self {
            Self::Offset { by, .. } | Self::Step { by, .. } => parts.push(("by", by.to_string())),
            Self::Drift { clocks: of, ppb, .. } => parts.extend([("clocks", clocks(of).to_owned()), ("drift", signed(ppb))]),
            Self::PeriodicDrift { clocks: of, ppb, period, .. } => {
                parts.extend([("clocks", clocks(of).to_owned()), ("drift", signed(ppb)), ("period", seconds(*period))]);
            }
            Self::RandomDrift { clocks: of, most_ppb, every, .. } => {
                let most = ppm(i64::from(*most_ppb));
                parts.extend([("clocks", clocks(of).to_owned()), ("drift", most), ("every", seconds(*every))]);
            }
            Self::Freeze { clocks: of, .. } => parts.push(("clocks", clocks(of).to_owned())),
            Self::Strobe { by, period, .. } => parts.extend([("by", by.to_string()), ("period", seconds(*period))]),
            Self::CoarseClock { resolution, .. } => parts.push(("resolution", format!("{resolution:?}"))),
            Self::LateTimers { share, up_to, .. } => {
                parts.extend([("share", share.to_string()), ("up_to", seconds(*up_to))]);
            }
            Self::CoalescedTimers { window, .. } => parts.push(("window", format!("{window:?}"))),
        }
        parts
    }

    fn sides(&self) -> [&[String]; 2] {
        [slice::from_ref(self.node()), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        self.clone().length().copied().flatten()
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        self.length()?.as_mut()
    }

    fn simpler(&self) -> Vec<Self> {
        simpler(self)
    }

    fn ends(&self, earlier: &Self) -> bool {
        let are_offsets = matches!((self, earlier), (Self::Offset { .. }, Self::Offset { duration: None, .. }));
        are_offsets && self.node() == earlier.node()
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<(NodeId, Self), PlanError> {
        let node = names.node(self.node())?;
        match self.mistake() {
            Some(mistake) => Err(names.impossible(mistake)),
            None => Ok((node, self.clone())),
        }
    }

    fn replaces((node, fault): &(NodeId, Self), in_force: &ClockInForce) -> bool {
        matches!(fault, Self::Offset { .. }) && in_force.is_offset_of(*node)
    }

    fn apply((node, fault): (NodeId, Self), engine: &mut Engine) -> Applied<ClockInForce> {
        let kernel = &mut engine.core.kernel;
        if kernel.health(node) == Health::Killed {
            return Applied::once(false).unless("it was killed");
        }
        let motion = Motion::of(&fault, kernel.now());
        let in_force = ClockInForce::begin(node, motion, kernel);
        let again = in_force.acts_every();
        let back = match &fault {
            Self::Offset { by, .. } | Self::Step { by, .. } | Self::Strobe { by, .. } => by.as_nanoseconds().min(0).unsigned_abs(),
            _ => 0,
        };
        let since_1970 = kernel.epoch().as_nanoseconds().saturating_add(kernel.now().as_nanoseconds());
        let mut applied = Applied::in_force(in_force);
        if back > since_1970 {
            applied.reason = Some("no clock shows a time before 1970; set a later `Scenario::epoch`");
        }
        match again {
            Some(again) => applied.again(again),
            None => applied,
        }
    }

    fn act(in_force: &mut ClockInForce, engine: &mut Engine) -> Duration {
        in_force.move_on(&mut engine.core.kernel)
    }

    fn is_in_force(in_force: &ClockInForce, engine: &Engine) -> bool {
        engine.core.kernel.health(in_force.node()) != Health::Killed
    }

    fn effect(in_force: &ClockInForce, engine: &Engine) -> u64 {
        in_force.effect(&engine.core.kernel)
    }

    fn end(in_force: ClockInForce, engine: &mut Engine) {
        in_force.end(&mut engine.core.kernel);
    }

    fn end_all(in_force: Vec<ClockInForce>, engine: &mut Engine) {
        in_force.into_iter().for_each(|in_force| in_force.end(&mut engine.core.kernel));
    }
}

const WRONG_READINGS: [&str; 2] = ["wrong reading", "wrong readings"];
const WRONG: [&str; 2] = ["wrong reading or timer", "wrong readings and timers"];
