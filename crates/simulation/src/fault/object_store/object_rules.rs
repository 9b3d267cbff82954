//! Faults of object stores while a run resolves, applies and ends them.

use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_storage::{ObjectErrorKind, ObjectRule, ObjectRuleId, ObjectScope, ObjectStores, RuleCounts};
use cluster_sim_types::{Health, NodeId, Ratio};

use super::ObjectStoreFault;
use crate::fault::error::PlanError;
use crate::fault::family::{Applied, Declared};

/// A fault of the store that a node serves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    node: NodeId,
    scope: ObjectScope,
    /// Absent if objects are lost at once.
    rule: Option<ObjectRule>,
}

/// A rule in force.
#[derive(Debug)]
pub(crate) struct ObjectRuleInForce {
    node: NodeId,
    id: ObjectRuleId,
}

/// Replaces names by numbers.
pub(super) fn resolve(fault: &ObjectStoreFault, names: &Declared<'_>) -> Result<Resolved, PlanError> {
    let requests = fault.requests();
    let node = names.node(&requests.store)?;
    if !names.nodes.object_stores.contains(&node) {
        let reason = format_args!("{} serves no object store; declare one with `Scenario::object_store`", requests.store);
        return Err(names.impossible(reason));
    }
    if requests.share == Ratio::ZERO {
        return Err(names.impossible("a share of 0 hits nothing; use more, up to 1 for all"));
    }
    let scope = ObjectScope { operations: requests.operations.clone(), prefix: requests.prefix.clone(), share: requests.share };
    let refused = |reason: &str| Err(names.impossible(reason));
    let rule = match fault {
        ObjectStoreFault::Fail { errors, .. } if errors.is_empty() => return refused("it has no errors; name at least one"),
        ObjectStoreFault::Fail { errors, retry_after, .. } => {
            spontaneous(errors, names)?;
            ObjectRule::Fail { errors: errors.clone(), retry_after: *retry_after }
        }
        ObjectStoreFault::LoseAnswer { after, twice: true, .. } if after.is_zero() => {
            return refused("a write that is done twice needs a time between; give `after`");
        }
        ObjectStoreFault::LoseAnswer { after, twice, error, .. } => {
            spontaneous(error.as_slice(), names)?;
            ObjectRule::LoseAnswer { after: *after, twice: *twice, error: *error }
        }
        ObjectStoreFault::LoseWrite { .. } => ObjectRule::LoseWrite,
        ObjectStoreFault::Damage { damage, .. } => ObjectRule::Damage(*damage),
        ObjectStoreFault::Lag { lag, .. } if lag.is_zero() => return refused("a lag of 0 shows the present; use more"),
        ObjectStoreFault::Lag { lag, .. } => ObjectRule::Lag(*lag),
        ObjectStoreFault::ShortPages { entries: 0, .. } => {
            return refused("a page of 0 entries would never end a list; use 1 or more");
        }
        ObjectStoreFault::ShortPages { entries, .. } => ObjectRule::ShortPages(*entries),
        ObjectStoreFault::Resurrect { after, .. } => ObjectRule::Resurrect(*after),
        ObjectStoreFault::Slow { factor: 0, .. } => {
            return refused("a factor of 0 would make the store infinitely fast; use 1 or more");
        }
        ObjectStoreFault::Slow { factor: 1, extra: Duration::ZERO, .. } => {
            return refused("a factor of 1 and no extra time slow nothing down; use a larger factor or some extra time");
        }
        ObjectStoreFault::Slow { factor, extra, .. } => ObjectRule::Slow { factor: *factor, extra: *extra },
        ObjectStoreFault::Stall { .. } => ObjectRule::Stall,
        ObjectStoreFault::Throttle { requests_per_second: 0, .. } => {
            return refused("a rate of 0 serves nothing; use 1 or more, or an outage in its place");
        }
        ObjectStoreFault::Throttle { requests_per_second, .. } => ObjectRule::Throttle(*requests_per_second),
        ObjectStoreFault::Expire { .. } => return Ok(Resolved { node, scope, rule: None }),
    };
    Ok(Resolved { node, scope, rule: Some(rule) })
}

/// Checks that a store answers with these errors by itself.
fn spontaneous(errors: &[ObjectErrorKind], names: &Declared<'_>) -> Result<(), PlanError> {
    let known = ObjectErrorKind::SPONTANEOUS;
    let Some(error) = errors.iter().find(|error| !known.contains(error)) else { return Ok(()) };
    let known: Vec<String> = known.iter().map(|kind| format!("{kind:?}")).collect();
    Err(names.impossible(format_args!("no store fails with {error:?} by itself; use one of {}", known.join(", "))))
}

/// Applies a fault.
pub(super) fn apply(Resolved { node, scope, rule }: Resolved, engine: &mut Engine) -> Applied<ObjectRuleInForce> {
    let (stores, kernel) = engine.core.device::<ObjectStores>();
    match rule {
        Some(rule) => Applied::in_force(ObjectRuleInForce { node, id: stores.add_rule(kernel, node, scope, rule) }),
        None => {
            let gone = stores.expire(kernel, node, &scope);
            Applied { effect: gone, ..Applied::once(false) }.unless("it had no such object, or chance spared all")
        }
    }
}

impl ObjectRuleInForce {
    /// Whether nothing else has ended it.
    pub(super) fn is_in_force(&self, engine: &Engine) -> bool {
        engine.core.kernel.health(self.node) != Health::Killed
    }

    /// Counts the requests that it hit so far.
    pub(super) fn counts(&self, engine: &Engine) -> RuleCounts {
        engine.core.devices.find::<ObjectStores>().rule_counts(self.node, self.id)
    }

    /// Ends it.
    pub(super) fn end(self, engine: &mut Engine) {
        let (stores, kernel) = engine.core.device::<ObjectStores>();
        stores.end_rule(kernel, self.node, self.id);
    }
}
