//! The message of a panic that a test expects.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body` and returns the message of its panic.
///
/// # Panics
/// If `body` returns.
pub fn panic_of<T>(body: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(_) => panic!("a panic was expected"),
        Err(payload) => message_of(&*payload),
    }
}

/// The text of a panic's payload; empty if the payload is no text.
pub fn message_of(payload: &(dyn Any + Send)) -> String {
    let literal = || payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    payload.downcast_ref::<String>().cloned().or_else(literal).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_and_formatted_messages_are_read() {
        assert_eq!(panic_of(|| panic!("literal")), "literal");
        assert_eq!(panic_of(|| panic!("formatted {}", 1)), "formatted 1");
    }

    #[test]
    fn a_body_that_returns_is_no_panic() {
        assert_eq!(panic_of(|| panic_of(|| ())), "a panic was expected");
    }
}
