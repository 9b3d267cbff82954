//! Serializes durations as whole nanoseconds: exact, and in the unit of the `_ns` instants beside them.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// Writes a duration as nanoseconds; saturates beyond 584 years.
///
/// # Errors
/// Those of the format.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

/// Reads a duration from nanoseconds.
///
/// # Errors
/// If the value is not a whole number from 0 on.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_nanos)
}

/// Serializes an optional duration.
pub mod optional {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes nanoseconds, or null.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        duration.map(|duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)).serialize(serializer)
    }

    /// Reads nanoseconds, or null.
    ///
    /// # Errors
    /// If the value is neither null nor a whole number from 0 on.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_nanos))
    }
}
