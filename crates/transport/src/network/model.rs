//! What a link does to the messages on it.

use std::time::Duration;

use cluster_sim_runtime::{Distribution, InvalidDistribution, QuantileTable};
use cluster_sim_types::Ratio;
use serde::{Deserialize, Serialize};

/// What a class of links does to messages.
///
/// The default is one region with three zones: 1 to 10 ms one way, nothing lost, later messages may overtake earlier ones.
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
    /// Time one way.
    pub delay: Distribution,
    /// How likely a message is lost, each by itself.
    pub loss: Ratio,
    /// How likely a message arrives twice; the copy takes a delay of its own.
    pub duplicate: Ratio,
    /// How likely a message is held back so that later ones overtake it, whatever `order` says.
    pub reorder: Ratio,
    /// How long such a message is held back at the most: above zero, this included.
    #[serde(rename = "reorder_window_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub reorder_window: Duration,
    /// Whether differences in delay may change the order of messages.
    pub order: LinkOrder,
    /// Which links deliver first at one instant: lower before higher, timers at 128.
    pub priority: u8,
    /// What happens to a message that was sent to an earlier life of its receiver.
    pub stale: StaleDelivery,
    /// How long a session waits for an acknowledgement before it sends a message again; each further wait is twice as long as the one
    /// before. Default 200 ms, which is `TCP_RTO_MIN` of Linux.
    #[serde(rename = "retransmit_after_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub retransmit_after: Duration,
    /// How long such a wait becomes at the most. Default 1.6 s, three doublings: a session goes on that soon after a cut has healed. The
    /// bound of Linux, 120 s (`TCP_RTO_MAX`), lies beyond the patience.
    #[serde(rename = "retransmit_after_max_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub retransmit_after_max: Duration,
    /// How long a session that waits for an answer goes without any before it gives up. Default 15 s, a little below the 20 s that gRPC
    /// gives `TCP_USER_TIMEOUT`; Linux alone would try for 924 s (`tcp_retries2` = 15).
    #[serde(rename = "patience_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub session_timeout: Duration,
    /// How many messages of one direction of a session may be under way or waiting to be taken in. Default 64: the 65,535 bytes that
    /// HTTP/2 grants at first (RFC 9113, 6.9.2), in messages of one KiB.
    pub window: u32,
}

/// Whether differences in delay may change the order of messages on one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrder {
    /// They may: a message overtakes one that drew a longer delay.
    Unordered,
    /// They may not: a message waits for those sent before it on the same link.
    Fifo,
}

/// What happens to a message that was sent to an earlier life of its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaleDelivery {
    /// It arrives: an address outlives the process behind it.
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
    /// A link that always takes the same time, and so keeps messages in order.
    pub fn constant(delay: Duration) -> Self {
        Self { delay: Distribution::constant(delay), order: LinkOrder::Fifo, ..Self::default() }
    }

    /// A link within one machine: no delay, in order.
    pub fn instant() -> Self {
        Self::constant(Duration::ZERO)
    }

    /// Checks that a link can be like this.
    ///
    /// # Errors
    /// If its delay has no such distribution, messages are to be held back for no time, or its sessions have no time or no room.
    pub fn validate(&self) -> Result<(), InvalidLink> {
        self.compile().map(drop)
    }

    /// How long a session waits after an attempt to send something, before it tries again: `tries` attempts went before that one.
    pub(super) fn retransmit_after(&self, tries: u32) -> Duration {
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

/// A link model with its distribution ready for sampling.
#[derive(Debug, Clone)]
pub(super) struct CompiledLink {
    pub(super) delay: QuantileTable,
    pub(super) model: LinkModel,
}

/// A link model that cannot be.
#[derive(Debug, Clone, PartialEq)]
pub enum InvalidLink {
    /// Its delay has no such distribution.
    Delay(InvalidDistribution),
    /// Messages are to be held back, but for no time at all.
    NoReorderWindow {
        /// How likely a message was to be held back.
        reorder: Ratio,
    },
    /// Sessions send again at once and for ever, or wait longer at first than at the most.
    NoRetransmission {
        /// The first wait.
        after: Duration,
        /// The longest.
        at_most: Duration,
    },
    /// Sessions give up before they have begun.
    NoSessionTimeout,
    /// Sessions may have no message under way.
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
            Self::Delay(error) => write!(formatter, "the delay of a link is none: {error}"),
            Self::NoReorderWindow { reorder } => {
                write!(
                    formatter,
                    "a reorder ratio of {reorder} with a window of zero moves nothing; give `reorder_window` a length"
                )
            }
            Self::NoRetransmission { after, at_most } => {
                write!(
                    formatter,
                    "sessions cannot send again after {after:?} at first and {at_most:?} at most; give `retransmit_after` a length, and \
                     `retransmit_after_max` one that is no shorter"
                )
            }
            Self::NoSessionTimeout => write!(formatter, "sessions without patience break at once; give `patience` a length"),
            Self::NoWindow => write!(formatter, "sessions with a window of 0 carry nothing; let `window` be 1 or more"),
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
            (LinkModel { retransmit_after: zero, ..base.clone() }, "give `retransmit_after` a length"),
            (late, "one that is no shorter"),
            (LinkModel { session_timeout: zero, ..base.clone() }, "give `patience` a length"),
            (LinkModel { window: 0, ..base.clone() }, "let `window` be 1 or more"),
        ] {
            let error = model.validate().expect_err("it cannot be").to_string();
            assert!(error.contains(cure), "{error}");
        }
        assert_eq!(LinkModel { retransmit_after_max: base.retransmit_after, window: 1, ..base }.validate(), Ok(()));
    }
}
