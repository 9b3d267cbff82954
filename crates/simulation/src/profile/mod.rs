//! [`Profile`]: the real time of runs, by rule and by group of nodes.
//!
//! A value of its own, beside the report: reports of equal runs are equal, real times are not.

mod profiler;
#[cfg(test)]
mod tests;
mod text;

use std::cmp::Reverse;
use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use serde::{Deserialize, Serialize};

pub use profiler::Profiler;

use crate::report::CheckKind;

/// The real time of one run or several, in parts that sum up to the whole.
///
/// As text it is a table with the most expensive part first. A rule that took more than half of the time is named above it, with
/// what would make it cheaper. The clock is read before and after each measured call, which takes time too: where calls are short,
/// they and the rest look more expensive than they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Number of runs.
    pub runs: u64,
    /// Steps of all runs.
    pub steps: u64,
    /// Real time of all runs, from start to report.
    ///
    /// Runs in several threads add up to more than passed on the clock.
    #[serde(rename = "time_ns", with = "nanoseconds")]
    pub time: Duration,
    /// In order of declaration: checks, triggers, groups, the rest.
    parts: Vec<ProfilePart>,
}

/// A part of the real time of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfilePart {
    /// Whose time it is.
    pub subject: ProfileSubject,
    /// Its real time.
    #[serde(rename = "time_ns", with = "nanoseconds")]
    pub time: Duration,
    /// Calls of a rule's code, or steps of a group's nodes.
    pub calls: u64,
    /// Steps at which a rule was not called, because nothing changed that it had read.
    pub skips: u64,
    /// Views that a rule read.
    pub views_read: u64,
}

/// Whose time it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProfileSubject {
    /// A rule or a trigger, with the views that it reads.
    Rule {
        /// Its name.
        name: String,
        /// Which kind of check.
        kind: CheckKind,
    },
    /// The code of a group's nodes, with the messages that they send and the timers that they set.
    Nodes {
        /// The name of the group.
        group: String,
    },
    /// Everything else: the engine, deliveries, faults, a script, building the run and its report.
    Rest,
}

impl Profile {
    /// The parts, most time first; parts of equal time in order of declaration.
    pub fn by_time(&self) -> Vec<&ProfilePart> {
        let mut parts: Vec<_> = self.parts.iter().collect();
        parts.sort_by_key(|part| Reverse(part.time));
        parts
    }

    /// The rule that took more than half of the time, if one did.
    pub fn dominant_rule(&self) -> Option<&ProfilePart> {
        let is_dominant = |part: &&ProfilePart| matches!(part.subject, ProfileSubject::Rule { .. }) && part.time > self.time / 2;
        self.parts.iter().find(is_dominant)
    }

    /// The share that a part has in the time, in thousandths, rounded.
    pub fn permille(&self, part: &ProfilePart) -> u64 {
        let (time, whole) = (part.time.as_nanos(), self.time.as_nanos().max(1));
        u64::try_from((2 * 1000 * time + whole) / (2 * whole)).unwrap_or(u64::MAX)
    }

    /// Adds the times of other runs of the same scenario.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.steps += other.steps;
        self.time += other.time;
        for (index, part) in other.parts.iter().enumerate() {
            match self.parts.get_mut(index).filter(|own| own.subject == part.subject) {
                Some(own) => own.add(part),
                None => self.parts.push(part.clone()),
            }
        }
    }
}

impl ProfilePart {
    fn of(subject: ProfileSubject, (time, calls): (Duration, u64)) -> Self {
        Self { subject, time, calls, skips: 0, views_read: 0 }
    }

    fn add(&mut self, other: &Self) {
        self.time += other.time;
        self.calls += other.calls;
        self.skips += other.skips;
        self.views_read += other.views_read;
    }
}
