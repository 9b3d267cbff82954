//! The rules in force on an object store.
//!
//! | file | contents |
//! |---|---|
//! | `object_rule.rs` | [`ObjectRule`]: a rule as data, and while it is in force |
//! | `hits.rs` | which rules hit a request, decided when it arrives |

mod hits;
mod object_rule;

pub(super) use hits::{Hit, Hits};
pub(super) use object_rule::RuleInForce;
pub use object_rule::{ObjectDamage, ObjectRule, ObjectRuleId, ObjectScope};
