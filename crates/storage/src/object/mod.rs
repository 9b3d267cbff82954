//! Object stores: requests and answers as data, and the stores of a simulation as a device.
//!
//! | file | feature | contents |
//! |---|---|---|
//! | `operation.rs` | | [`ObjectOp`], a request as data, and its [kind](ObjectOpKind) |
//! | `object_answer.rs` | | [`ObjectAnswer`], and [`ObjectErrorKind`]: the refusals of a store |
//! | `message.rs` | | [`ObjectMessage`]: the messages of a session between a client and a store |
//! | `store_model.rs` | `test-utils` | [`ObjectStoreModel`]: latency, pages and visibility, as data |
//! | `bucket/` | `test-utils` | the content of one store, and operations on it, without time of its own |
//! | `stores.rs` | `test-utils` | [`ObjectStores`]: the stores of all nodes, as one device |
//! | `latency.rs` | `test-utils` | the time that a request takes |
//! | `rules/` | `test-utils` | the rules of faults in force on a store, and which of them hit a request |
//! | `perform.rs` | `test-utils` | executes a request that was admitted |
//! | `under_rules.rs` | `test-utils` | executes a request that rules hit |
//! | `rate.rs` | `test-utils` | limits of requests per second |
//! | `rule_switch.rs` | `test-utils` | rules begin and end |
//! | `later.rs`, `late_effects.rs` | `test-utils` | effects that come later: late and second writes, objects that come back |
//! | `content_state.rs` | `test-utils` | the content of a store, for rules |
//!
//! The content of a store outlives the crashes of the node that serves it, as that of a cloud does. The node itself is in the
//! crate `node`: it answers requests in sessions, so links, cuts and losses act on them as on everything else.

mod message;
mod object_answer;
mod operation;

#[cfg(feature = "test-utils")]
mod bucket;
#[cfg(feature = "test-utils")]
mod content_state;
#[cfg(feature = "test-utils")]
mod late_effects;
#[cfg(feature = "test-utils")]
mod latency;
#[cfg(feature = "test-utils")]
mod later;
#[cfg(feature = "test-utils")]
mod perform;
#[cfg(feature = "test-utils")]
mod rate;
#[cfg(feature = "test-utils")]
mod rule_switch;
#[cfg(feature = "test-utils")]
mod rules;
#[cfg(feature = "test-utils")]
mod store_model;
#[cfg(feature = "test-utils")]
mod stores;
#[cfg(feature = "test-utils")]
mod under_rules;

#[cfg(feature = "test-utils")]
pub use latency::Admission;
pub use message::{BODY_CHUNK, OBJECT_PORT, ObjectMessage};
pub use object_answer::{ObjectAnswer, ObjectErrorKind, ObjectInfo};
pub use operation::{ByteRange, GetConditions, ObjectOp, ObjectOpKind, PutCondition};
#[cfg(feature = "test-utils")]
pub use perform::Performed;
#[cfg(feature = "test-utils")]
pub use rules::{ObjectDamage, ObjectRule, ObjectRuleId, ObjectScope};
#[cfg(feature = "test-utils")]
pub use store_model::{CompiledObjectStore, InvalidObjectStore, ObjectStoreModel, ObjectTimes, PrefixModel, Visibility};
#[cfg(feature = "test-utils")]
pub use stores::ObjectStores;
