//! Faults in JSON: an object whose only key is the kind, such as `{"crash":{"node":"edge/1"}}`, whatever the family.

use std::fmt;

use serde::de::value::{EnumAccessDeserializer, Error as ValueError};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::objects_only::ObjectsOnly;
use super::{ClockFault, DiskFault, DomainFault, Fault, LinkFault, NetworkFault, NodeFault, ObjectStoreFault, ProcessFault};
use crate::known_names::suggested;

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("Fault", &[], AnyFamily)
    }
}

/// Reads the kind, then leaves the rest to the family that has it.
struct AnyFamily;

impl<'de> Visitor<'de> for AnyFamily {
    type Value = Fault;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a fault")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Fault, A::Error> {
        let (KindOf(kind, family), fields) = access.variant()?;
        let known = EnumAccessDeserializer::new(Known { kind, fields: ObjectsOnly(fields) });
        match family {
            Of::Network => NetworkFault::deserialize(known).map(Fault::Network),
            Of::Link => LinkFault::deserialize(known).map(Fault::Link),
            Of::Node => NodeFault::deserialize(known).map(Fault::Node),
            Of::Domain => DomainFault::deserialize(known).map(Fault::Domain),
            Of::Clock => ClockFault::deserialize(known).map(Fault::Clock),
            Of::Disk => DiskFault::deserialize(known).map(Fault::Disk),
            Of::Process => ProcessFault::deserialize(known).map(Fault::Process),
            Of::ObjectStore => ObjectStoreFault::deserialize(known).map(Fault::ObjectStore),
        }
    }
}

/// The families.
#[derive(Debug, Clone, Copy)]
enum Of {
    Network,
    Link,
    Node,
    Domain,
    Clock,
    Disk,
    Process,
    ObjectStore,
}

/// A kind, and the family that has it.
struct KindOf(String, Of);

impl<'de> Deserialize<'de> for KindOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(AnyKind)
    }
}

struct AnyKind;

impl Visitor<'_> for AnyKind {
    type Value = KindOf;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a kind of fault")
    }

    fn visit_str<E: Error>(self, kind: &str) -> Result<KindOf, E> {
        let families = [
            (Of::Network, kinds::<NetworkFault>()),
            (Of::Link, kinds::<LinkFault>()),
            (Of::Node, kinds::<NodeFault>()),
            (Of::Domain, kinds::<DomainFault>()),
            (Of::Clock, kinds::<ClockFault>()),
            (Of::Disk, kinds::<DiskFault>()),
            (Of::Process, kinds::<ProcessFault>()),
            (Of::ObjectStore, kinds::<ObjectStoreFault>()),
        ];
        match families.iter().find(|(_, kinds)| kinds.contains(&kind)) {
            Some((family, _)) => Ok(KindOf(kind.to_owned(), *family)),
            None => {
                let known: Vec<String> = families.iter().flat_map(|(_, kinds)| *kinds).map(ToString::to_string).collect();
                let (meant, known) = (suggested(kind, &known), known.join("`, `"));
                Err(E::custom(format!("unknown variant `{kind}`{meant}, expected one of `{known}`")))
            }
        }
    }
}

/// An enum whose kind was read already.
struct Known<V> {
    kind: String,
    fields: V,
}

impl<'de, V: serde::de::VariantAccess<'de>> EnumAccess<'de> for Known<V> {
    type Error = V::Error;
    type Variant = V;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, V), V::Error> {
        let kind = seed.deserialize(self.kind.into_deserializer())?;
        Ok((kind, self.fields))
    }
}

/// The kinds of a family in data, as the code that is derived for it knows them.
pub(super) fn kinds<'de, F: Deserialize<'de>>() -> &'static [&'static str] {
    let mut kinds: &'static [&'static str] = &[];
    let read = F::deserialize(Probe(&mut kinds));
    debug_assert!(read.is_err(), "a probe holds no fault");
    kinds
}

/// Holds nothing, and learns the variants of the enum that is read from it.
struct Probe<'k>(&'k mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ValueError> {
        Err(ValueError::custom("a probe holds nothing"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        *self.0 = variants;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_types::SignedDuration;

    use super::*;

    fn refusal(text: &str) -> String {
        serde_json::from_str::<Fault>(text).unwrap_err().to_string()
    }

    #[test]
    fn the_kinds_of_all_families_are_read() {
        assert_eq!(kinds::<NetworkFault>(), ["cut", "heal_all", "flap", "loss", "links"]);
        assert_eq!(kinds::<LinkFault>(), ["impair", "impair_links", "hold", "release_all", "reset_sessions"]);
        assert_eq!(kinds::<NodeFault>(), ["crash", "crash_loop", "crash_at", "restart", "kill", "pause", "resume"]);
        assert_eq!(kinds::<DomainFault>(), ["crash_all", "kill_all", "pause_all", "rolling_restart"]);
        assert_eq!(
            kinds::<ClockFault>(),
            [
                "clock_offset",
                "clock_step",
                "clock_drift",
                "periodic_drift",
                "random_drift",
                "clock_freeze",
                "clock_strobe",
                "coarse_clock",
                "late_timers",
                "coalesced_timers"
            ]
        );
        let step = ClockFault::step("a/0", SignedDuration::from_nanoseconds(-5));
        assert_eq!(serde_json::from_str::<Fault>(r#"{"clock_step":{"node":"a/0","by_ns":-5}}"#).unwrap(), step.into());
        assert_eq!(kinds::<DiskFault>()[..3], ["disk_error", "disk_full", "sync_error"]);
        assert_eq!(
            kinds::<ProcessFault>(),
            ["graceful_stop", "slow", "cancel_tasks", "equal_random", "poison_message", "crash_in_io", "random_crash_in_io"]
        );
        let outage = ObjectStoreFault::outage("s3/0", None);
        let text = r#"{"object_error":{"requests":{"store":"s3/0"},"errors":["slow_down"]}}"#;
        assert_eq!(serde_json::from_str::<Fault>(text).unwrap(), outage.into());
        let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: None };
        assert_eq!(serde_json::from_str::<Fault>(r#"{"crash":{"node":"a/0"}}"#).unwrap(), crash.into());
        assert_eq!(serde_json::from_str::<Fault>(r#""heal_all""#).unwrap(), NetworkFault::HealAll.into());
    }

    #[test]
    fn a_wrong_fault_in_data_is_refused_by_name_and_place() {
        assert_eq!(
            refusal(r#"{"crush":{"node":"a/0"}}"#),
            "unknown variant `crush`; did you mean \"crash\", expected one of `cut`, `heal_all`, `flap`, `loss`, `links`, `impair`, `impair_links`, \
             `hold`, `release_all`, `reset_sessions`, `crash`, `crash_loop`, `crash_at`, `restart`, `kill`, `pause`, `resume`, \
             `crash_all`, `kill_all`, `pause_all`, `rolling_restart`, `clock_offset`, `clock_step`, \
             `clock_drift`, `periodic_drift`, `random_drift`, `clock_freeze`, `clock_strobe`, `coarse_clock`, \
             `late_timers`, `coalesced_timers`, `disk_error`, `disk_full`, `sync_error`, `lying_sync`, `bit_rot`, \
             `rot_on_read`, `misdirect`, `lost_write`, `stale_read`, `rollback`, `truncate_file`, `remove_file`, \
             `append_garbage`, `slow_disk`, `disk_stall`, `disk_limit`, `reformat`, `graceful_stop`, `slow`, \
             `cancel_tasks`, `equal_random`, `poison_message`, `crash_in_io`, `random_crash_in_io`, \
             `object_error`, `object_lost_answer`, `object_lost_write`, `object_damage`, `object_lag`, `object_pages`, \
             `object_resurrect`, `object_expire`, `slow_objects`, `object_stall`, `object_throttle` at line 1 column 8"
        );
        assert_eq!(
            refusal(r#"{"crash":{"node":"a/0","for":1}}"#),
            "unknown field `for`, expected `node` or `down_for_ns` at line 1 column 28"
        );
        assert_eq!(refusal(r#"{"kill":{}}"#), "missing field `node` at line 1 column 10");
    }
}
