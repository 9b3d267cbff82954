//! Link models that several suites use.

use cluster_sim::prelude::*;

use crate::units::milliseconds;

/// A link that delivers everything after exactly 10 ms.
pub fn ten() -> LinkModel {
    LinkModel::constant(milliseconds(10))
}

/// The default link with another loss.
pub fn lossy(loss: Ratio) -> LinkModel {
    LinkModel { loss, ..LinkModel::default() }
}

/// The default link that loses, copies and holds back messages, each with probability `ratio`.
///
/// A held-back message arrives up to `window` later.
pub fn rough(ratio: Ratio, window: Duration) -> LinkModel {
    LinkModel { loss: ratio, duplicate: ratio, reorder: ratio, reorder_window: window, ..LinkModel::default() }
}
