//! What a link does to the messages on it.

use std::time::Duration;

use cluster_sim_runtime::{Distribution, InvalidDistribution, QuantileTable};
use cluster_sim_vocabulary::Ratio;
use serde::{Deserialize, Serialize};

/// What a class of links does to messages.
///
/// The default is one region with three zones: 1 to 10 ms one way, nothing lost, later messages may overtake earlier ones.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_transport::{LinkModel, LinkOrder};
/// use cluster_sim_vocabulary::Ratio;
///
/// let lossy = LinkModel { loss: Ratio::new(0.05)?, ..LinkModel::constant(Duration::from_millis(50)) };
/// assert_eq!(lossy.order, LinkOrder::Fifo);
/// # Ok::<(), cluster_sim_vocabulary::InvalidRatio>(())
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
    pub precedence: u8,
    /// What happens to a message that was sent to an earlier life of its receiver.
    pub stale: StaleDelivery,
}

/// Whether differences in delay may change the order of messages on one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrder {
    /// They may: a message overtakes one that drew a longer delay.
    Free,
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
            order: LinkOrder::Free,
            precedence: 128,
            stale: StaleDelivery::Deliver,
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
    /// If its delay has no such distribution, or messages are to be held back for no time.
    pub fn validate(&self) -> Result<(), InvalidLink> {
        self.compile().map(drop)
    }

    pub(super) fn compile(&self) -> Result<CompiledLink, InvalidLink> {
        if self.reorder > Ratio::ZERO && self.reorder_window.is_zero() {
            return Err(InvalidLink::NoReorderWindow { reorder: self.reorder });
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
        }
    }
}

impl std::error::Error for InvalidLink {}
