//! Impairments: what goes wrong on links besides their model, on top of it.

use std::time::Duration;

use cluster_sim_runtime::Stream;
use cluster_sim_types::Ratio;
use serde::{Deserialize, Serialize};

/// Loss, delay, copies and reordering that a fault adds to the model of links.
///
/// Each part is independent of the model and of other impairments of the link. A copy has the added delay too.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_transport::Impairment;
/// use cluster_sim_types::Ratio;
///
/// let spike = Impairment { delay: Duration::from_millis(300), ..Impairment::default() };
/// assert_eq!(spike.loss, Ratio::ZERO);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Impairment {
    /// Probability of loss, independent for each message.
    pub loss: Ratio,
    /// Delay of each message beyond that of its link.
    #[serde(rename = "delay_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub delay: Duration,
    /// Probability of one more copy, which has a delay of its own.
    pub duplicate: Ratio,
    /// Probability that a message is delayed further, so that later ones overtake it.
    pub reorder: Ratio,
    /// The longest further delay of a reordered message, drawn above zero and up to this, included.
    #[serde(rename = "reorder_window_ns", with = "cluster_sim_runtime::nanoseconds")]
    pub reorder_window: Duration,
}

impl Impairment {
    /// Checks the parameters.
    ///
    /// # Errors
    /// With a text about what to change, if it does nothing or reorders by no time.
    pub fn validate(&self) -> Result<(), String> {
        let Self { loss, delay, duplicate, reorder, reorder_window } = *self;
        if [loss, duplicate, reorder] == [Ratio::ZERO; 3] && delay.is_zero() {
            return Err("it impairs nothing; set `loss`, `delay`, `duplicate` or `reorder` above zero".to_owned());
        }
        if reorder > Ratio::ZERO && reorder_window.is_zero() {
            return Err(format!("a reorder ratio of {reorder} needs time to reorder in; set `reorder_window` above zero"));
        }
        Ok(())
    }

    /// Simpler impairments: each of its parts alone if it has several, else its part with certainty.
    ///
    /// A certain loss or copy leaves nothing to chance, so a case with it needs no decisions.
    pub fn simpler(&self) -> Vec<Self> {
        let nothing = Self::default();
        let Self { loss, delay, duplicate, reorder, reorder_window } = *self;
        let parts = [
            Self { loss, ..nothing },
            Self { delay, ..nothing },
            Self { duplicate, ..nothing },
            Self { reorder, reorder_window, ..nothing },
        ];
        let parts: Vec<Self> = parts.into_iter().filter(|part| part.validate().is_ok()).collect();
        if parts.len() > 1 {
            return parts;
        }
        let certain = |ratio: Ratio| if ratio > Ratio::ZERO { Ratio::ONE } else { ratio };
        let certain = Self { loss: certain(loss), duplicate: certain(duplicate), ..*self };
        Some(certain).filter(|certain| certain != self).into_iter().collect()
    }
}

/// An impairment in force, with the streams of its rolls.
#[derive(Debug, Clone, Copy)]
pub(super) struct ImpairedLinks {
    pub(super) impairment: Impairment,
    /// The number of the cause of its losses.
    pub(super) cause: u32,
    pub(super) loss: Stream,
    pub(super) duplicate: Stream,
    pub(super) reorder: Stream,
    pub(super) reorder_by: Stream,
}

impl ImpairedLinks {
    /// Rolls in streams of its own, by its name.
    pub(super) fn new(name: &str, impairment: Impairment, cause: u32) -> Self {
        let stream = |part: &str| Stream::named(&format!("impair {part} {name}"));
        let [loss, duplicate, reorder, reorder_by] = ["loss", "duplicate", "reorder", "reorder by"].map(stream);
        Self { impairment, cause, loss, duplicate, reorder, reorder_by }
    }
}
