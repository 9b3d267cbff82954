//! Bounds on the resources of a run.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds on one run; a run that exceeds one ends as exhausted, never as passed.
///
/// The defaults are made for tests: a storm of messages or tasks that wake each other without end reach them within seconds, and
/// the report says who. Bounds that are absent grow with the number of nodes.
///
/// ```
/// # use cluster_sim_runtime::Budget;
/// let budget = Budget { steps: 100_000, messages_in_flight: Some(5_000), ..Budget::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Steps: inputs that nodes take. Default 1,000,000,000.
    pub steps: u64,
    /// Steps while virtual time does not advance. Default 10,000, and 1,000 more for each node.
    ///
    /// Checked every eighth of it, so a run ends up to an eighth of it later.
    pub steps_at_one_instant: Option<u64>,
    /// Virtual time. Default 366 days, enough for a year in production.
    #[serde(rename = "virtual_time_ns", with = "crate::nanoseconds")]
    pub virtual_time: Duration,
    /// Messages in flight at one time. Default 20,000, and 1,000 more for each node.
    ///
    /// Four times as many segments and timers of sessions may be pending.
    pub messages_in_flight: Option<u64>,
    /// Encoded bytes of the messages in flight at one time. Default 256 MiB.
    ///
    /// A message to several receivers counts once. Datagrams below 4 KiB do not count: their number is bounded.
    pub bytes_in_flight: u64,
    /// Tasks that have not ended. Default 20,000, and 1,000 more for each node.
    pub live_tasks: Option<u64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: 1_000_000_000,
            steps_at_one_instant: None,
            virtual_time: Duration::from_secs(366 * 24 * 60 * 60),
            messages_in_flight: None,
            bytes_in_flight: 256 << 20,
            live_tasks: None,
        }
    }
}

/// The bounds of a run that may grow with its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps while virtual time does not advance.
    pub steps_at_one_instant: u64,
    /// Messages in flight at one time.
    pub messages_in_flight: u64,
    /// Tasks that have not ended.
    pub live_tasks: u64,
}

impl Budget {
    /// Returns the bounds for a run of that many nodes.
    pub(crate) fn limits(&self, nodes: usize) -> Limits {
        let grown = |base: u64| base.saturating_add((nodes as u64).saturating_mul(1_000));
        Limits {
            steps_at_one_instant: self.steps_at_one_instant.unwrap_or_else(|| grown(10_000)),
            messages_in_flight: self.messages_in_flight.unwrap_or_else(|| grown(20_000)),
            live_tasks: self.live_tasks.unwrap_or_else(|| grown(20_000)),
        }
    }
}

/// Names the exhausted budget, with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exhausted {
    /// Took this many steps.
    Steps(u64),
    /// Took at least this many steps while virtual time did not advance.
    StepsAtOneInstant(u64),
    /// Reached this much virtual time.
    VirtualTime(#[serde(with = "crate::nanoseconds")] Duration),
    /// Had more than this many messages in flight.
    MessagesInFlight(u64),
    /// Had more than this many segments and timers of sessions pending.
    SegmentsInFlight(u64),
    /// Had messages of more than this many bytes in flight.
    BytesInFlight(u64),
    /// Had more than this many tasks that had not ended.
    LiveTasks(u64),
    /// Had a trigger that fired this often at one instant.
    FiresAtOneInstant(u64),
    /// Took more real time than its watchdog allows.
    ///
    /// No other run of the seed ends at the same step.
    RealTime,
}

impl Exhausted {
    /// The budget without its limit, as `messages in flight`: what two runs that exceed it have in common.
    pub fn budget(&self) -> &'static str {
        match self {
            Self::Steps(_) => "steps",
            Self::StepsAtOneInstant(_) => "steps at one instant",
            Self::VirtualTime(_) => "virtual time",
            Self::MessagesInFlight(_) => "messages in flight",
            Self::SegmentsInFlight(_) => "segments in flight",
            Self::BytesInFlight(_) => "bytes in flight",
            Self::LiveTasks(_) => "live tasks",
            Self::FiresAtOneInstant(_) => "fires of a trigger at one instant",
            Self::RealTime => "real time",
        }
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => {
                write!(formatter, "the budget of {steps} steps is spent; raise `Budget::steps` or shorten the run")
            }
            Self::StepsAtOneInstant(steps) => {
                write!(
                    formatter,
                    "{steps} steps were taken at one instant of virtual time; let the tasks wait for time or messages, or raise \
                     `Budget::steps_at_one_instant`"
                )
            }
            Self::VirtualTime(time) => {
                write!(formatter, "the budget of {}s of virtual time is spent; raise `Budget::virtual_time`", time.as_secs_f64())
            }
            Self::MessagesInFlight(messages) => {
                write!(
                    formatter,
                    "more than {messages} messages were in flight; find the flooding node or raise `Budget::messages_in_flight`"
                )
            }
            Self::SegmentsInFlight(segments) => {
                write!(
                    formatter,
                    "more than {segments} segments and timers of sessions were pending; find the flooding node or raise \
                     `Budget::messages_in_flight`"
                )
            }
            Self::BytesInFlight(bytes) => {
                write!(
                    formatter,
                    "messages of more than {bytes} bytes were in flight; find the flooding node or raise `Budget::bytes_in_flight`"
                )
            }
            Self::LiveTasks(tasks) => {
                write!(
                    formatter,
                    "more than {tasks} tasks were alive; find who spawns tasks that do not end or raise `Budget::live_tasks`"
                )
            }
            Self::FiresAtOneInstant(fires) => {
                write!(
                    formatter,
                    "a trigger fired {fires} times at one instant of virtual time; bound it with `Trigger::at_most`, or let it \
                     look for something that its own fault does not change"
                )
            }
            Self::RealTime => formatter.write_str("the run took too long in real time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_bounds_grow_with_the_nodes_and_given_ones_do_not() {
        let limits = |budget: Budget, nodes| {
            let Limits { steps_at_one_instant, messages_in_flight, live_tasks } = budget.limits(nodes);
            [steps_at_one_instant, messages_in_flight, live_tasks]
        };
        assert_eq!(limits(Budget::default(), 2), [12_000, 22_000, 22_000]);
        assert_eq!(limits(Budget::default(), 5_000), [5_010_000, 5_020_000, 5_020_000]);
        let given = Budget { steps_at_one_instant: Some(7), messages_in_flight: Some(8), live_tasks: Some(9), ..Budget::default() };
        assert_eq!(limits(given, 5_000), [7, 8, 9]);
    }

    #[test]
    fn a_budget_reads_as_plain_numbers_and_may_leave_out_bounds() {
        let budget = Budget { steps: 5, messages_in_flight: Some(10), ..Budget::default() };
        let text = serde_json::to_string(&budget).unwrap();
        assert_eq!(
            text,
            r#"{"steps":5,"steps_at_one_instant":null,"virtual_time_ns":31622400000000000,"messages_in_flight":10,"bytes_in_flight":268435456,"live_tasks":null}"#
        );
        assert_eq!(serde_json::from_str::<Budget>(&text).unwrap(), budget);
        assert_eq!(serde_json::from_str::<Budget>(r#"{"steps":5,"messages_in_flight":10}"#).unwrap(), budget);
    }
}
