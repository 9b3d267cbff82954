//! The machine's clock: the one place of this crate that reads it.

use std::time::Instant;

/// Reads the machine's clock.
///
/// For deadlines, signs of life and profiles; no run reads it.
#[expect(clippy::disallowed_methods, reason = "bounds in real time need the machine's clock; no run reads it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
