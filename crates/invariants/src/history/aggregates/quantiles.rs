//! Quantiles of durations, as JSON.

use serde_json::{Value, json};

/// Returns how many there are, and quantiles of them in nanoseconds; only the number if there are none.
pub(super) fn quantiles_ns(mut nanoseconds: Vec<u64>) -> Value {
    nanoseconds.sort_unstable();
    let Some(max) = nanoseconds.last() else { return json!({ "count": 0 }) };
    // The least value that is not exceeded by that share of all.
    let quantile = |percent: usize| nanoseconds[(nanoseconds.len() * percent).div_ceil(100).max(1) - 1];
    json!({ "count": nanoseconds.len(), "p50": quantile(50), "p95": quantile(95), "p99": quantile(99), "max": max })
}
