//! Link models: delay, loss, duplication, order, and the timing of sessions.

use std::time::Duration;

use cluster_sim_runtime::{Distribution, InvalidDistribution, QuantileTable};
use cluster_sim_types::Ratio;
use serde::{Deserialize, Serialize};

/// The behaviour of a class of links.
///
/// The default models one region with three zones: 1 to 10 ms one way, no loss, and messages may overtake each other.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_transport::{LinkModel, LinkOrder};
/// use cluster_sim_types::Ratio;
///
/// let lossy = LinkModel { loss: Ratio::new(0.05)?, ..LinkModel::constant(Duration::from_millis(50)) };
/// assert_eq!(lossy.order, LinkOrder::Fifo);
/// # Ok::<(), cluster_sim_types::InvalidRatio>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkModel {
    /// One-way delay.
    pub delay: Distribution,
    /// Probability of loss, independent for each message.
    pub loss: Ratio,
    /// Probability of a second copy, which has a delay of its own.
    pub duplicate: Ratio,
    /// Probability that a message is delayed further, so that later ones overtake it whatever `order` is.
    pub reorder: Ratio,
    /// The longest further delay of a reordered message. It is drawn above zero and up to this, included.
    #[serde(rename = "reorder_window_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub reorder_window: Duration,
    /// Whether different delays may change the order of messages.
    pub order: LinkOrder,
    /// Order of deliveries at one instant: lower goes first. Timers have 128.
    pub priority: u8,
    /// Treatment of a message that was sent to an earlier life of its receiver.
    pub stale: StaleDelivery,
    /// Wait for an acknowledgement before a session retransmits; each further wait is twice as long.
    ///
    /// Default 200 ms, `TCP_RTO_MIN` of Linux.
    #[serde(rename = "retransmit_after_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub retransmit_after: Duration,
    /// Upper bound of that wait.
    ///
    /// Default 1.6 s, three doublings: a session continues within that time after a cut has healed. The bound of Linux, 120 s
    /// (`TCP_RTO_MAX`), is longer than `session_timeout`.
    #[serde(rename = "retransmit_after_max_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub retransmit_after_max: Duration,
    /// How long a session waits without any answer before it breaks.
    ///
    /// Default 15 s, a little below the 20 s that gRPC sets as `TCP_USER_TIMEOUT`. Linux by itself retries for 924 s
    /// (`tcp_retries2` = 15).
    #[serde(rename = "session_timeout_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub session_timeout: Duration,
    /// How many messages of one direction of a session may be unread by the receiver.
    ///
    /// Default 64: the 65,535 bytes of HTTP/2's initial window (RFC 9113, 6.9.2) in messages of 1 KiB.
    pub window: u32,
}

/// Whether different delays may change the order of messages on one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrder {
    /// A message overtakes one with a longer delay.
    Unordered,
    /// A message waits for those sent before it on the same link.
    Fifo,
}

/// Treatment of a message that was sent to an earlier life of its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleDelivery {
    /// It is delivered: an address outlives the process behind it, as with UDP.
    Deliver,
    /// It is lost as `stale_incarnation`.
    Drop,
}

impl Default for LinkModel {
    fn default() -> Self {
        Self {
            delay: Distribution::uniform(Duration::from_millis(1), Duration::from_millis(10)),
            loss: Ratio::ZERO,
            duplicate: Ratio::ZERO,
            reorder: Ratio::ZERO,
            reorder_window: Duration::ZERO,
            order: LinkOrder::Unordered,
            priority: 128,
            stale: StaleDelivery::Deliver,
            retransmit_after: Duration::from_millis(200),
            retransmit_after_max: Duration::from_millis(1_600),
            session_timeout: Duration::from_secs(15),
            window: 64,
        }
    }
}

impl LinkModel {
    /// Creates a link with a fixed delay, which therefore keeps messages in order.
    pub fn constant(delay: Duration) -> Self {
        Self { delay: Distribution::constant(delay), order: LinkOrder::Fifo, ..Self::default() }
    }

    /// Creates a link within one host: no delay, in order.
    pub fn instant() -> Self {
        Self::constant(Duration::ZERO)
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// The delay is not a valid distribution, reordering has no window, or sessions have no retransmission time, timeout or
    /// window.
    pub fn validate(&self) -> Result<(), InvalidLink> {
        self.compile().map(drop)
    }

    /// Returns the wait after an attempt that followed `tries` earlier ones.
    pub(in crate::network) fn retransmit_after(&self, tries: u32) -> Duration {
        let doubled = 1_u32.checked_shl(tries).and_then(|times| self.retransmit_after.checked_mul(times));
        doubled.map_or(self.retransmit_after_max, |after| after.min(self.retransmit_after_max))
    }

    pub(super) fn compile(&self) -> Result<CompiledLink, InvalidLink> {
        if self.reorder > Ratio::ZERO && self.reorder_window.is_zero() {
            return Err(InvalidLink::NoReorderWindow { reorder: self.reorder });
        }
        let Self { retransmit_after, retransmit_after_max, session_timeout, window, .. } = *self;
        if retransmit_after.is_zero() || retransmit_after_max < retransmit_after {
            return Err(InvalidLink::NoRetransmission { after: retransmit_after, at_most: retransmit_after_max });
        }
        if session_timeout.is_zero() {
            return Err(InvalidLink::NoSessionTimeout);
        }
        if window == 0 {
            return Err(InvalidLink::NoWindow);
        }
        Ok(CompiledLink { delay: self.delay.compile()?, model: self.clone() })
    }
}

/// A link model with its delay compiled for sampling.
#[derive(Debug, Clone)]
pub(super) struct CompiledLink {
    pub(super) delay: QuantileTable,
    pub(super) model: LinkModel,
}

/// A link model with invalid parameters.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum InvalidLink {
    /// The delay is not a valid distribution.
    Delay(InvalidDistribution),
    /// Messages are to be reordered, but by no time.
    NoReorderWindow {
        /// The probability of reordering.
        reorder: Ratio,
    },
    /// Sessions would retransmit without a pause, or the first wait exceeds the longest.
    NoRetransmission {
        /// The first wait.
        after: Duration,
        /// The longest wait.
        at_most: Duration,
    },
    /// Sessions would time out at once.
    NoSessionTimeout,
    /// Sessions could send nothing.
    NoWindow,
}

impl From<InvalidDistribution> for InvalidLink {
    fn from(error: InvalidDistribution) -> Self {
        Self::Delay(error)
    }
}

impl std::fmt::Display for InvalidLink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Delay(error) => write!(formatter, "the delay of a link is invalid: {error}"),
            Self::NoReorderWindow { reorder } => {
                write!(formatter, "a reorder ratio of {reorder} needs time to reorder in; set `reorder_window` above zero")
            }
            Self::NoRetransmission { after, at_most } => {
                write!(
                    formatter,
                    "sessions cannot retransmit after {after:?} at first and {at_most:?} at most; set `retransmit_after` above zero, and \
                     `retransmit_after_max` to at least that"
                )
            }
            Self::NoSessionTimeout => {
                write!(
                    formatter,
                    "a session timeout of zero breaks every session at once; set `session_timeout` (`session_timeout_ns` in JSON) above zero"
                )
            }
            Self::NoWindow => write!(formatter, "sessions with a window of 0 carry nothing; set `window` to 1 or more"),
        }
    }
}

impl std::error::Error for InvalidLink {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_doubles_up_to_the_bound() {
        let model = LinkModel::default();
        let waits: Vec<u128> = (0..6).map(|tries| model.retransmit_after(tries).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1_600, 1_600, 1_600]);
        assert_eq!(model.retransmit_after(u32::MAX), model.retransmit_after_max);
    }

    #[test]
    fn a_link_without_session_time_or_window_is_rejected() {
        let base = LinkModel::default();
        let zero = Duration::ZERO;
        let late = LinkModel { retransmit_after: base.retransmit_after_max * 2, ..base.clone() };
        for (model, cure) in [
            (LinkModel { retransmit_after: zero, ..base.clone() }, "set `retransmit_after` above zero"),
            (late, "to at least that"),
            (
                LinkModel { session_timeout: zero, ..base.clone() },
                "set `session_timeout` (`session_timeout_ns` in JSON) above zero",
            ),
            (LinkModel { window: 0, ..base.clone() }, "set `window` to 1 or more"),
        ] {
            let error = model.validate().expect_err("the model is invalid").to_string();
            assert!(error.contains(cure), "{error}");
        }
        assert_eq!(LinkModel { retransmit_after_max: base.retransmit_after, window: 1, ..base }.validate(), Ok(()));
    }
}
