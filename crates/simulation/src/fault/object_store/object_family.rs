//! The family of faults of object stores: names, parts, durations.

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_types::Ratio;

use super::object_rules::{self, ObjectRuleInForce, Resolved};
use super::{ObjectRequests, ObjectStoreFault, object_draws};
use crate::event::seconds;
use crate::fault::draw::Drawn;
use crate::fault::error::PlanError;
use crate::fault::family::{Applied, Declared, Family, Kind, SpanKind, data_name};

impl Family for ObjectStoreFault {
    type Resolved = Resolved;
    type InForce = ObjectRuleInForce;

    const DRAWN: &'static [Drawn] = object_draws::DRAWN;

    fn kind(&self) -> Kind {
        let (name, counts) = match self {
            Self::Fail { .. } => ("object error", ["request refused", "requests refused"]),
            Self::LoseAnswer { .. } => ("object lost answer", ["answer lost", "answers lost"]),
            Self::LoseWrite { .. } => ("object lost write", ["write lost", "writes lost"]),
            Self::Damage { .. } => ("object damage", ["read damaged", "reads damaged"]),
            Self::Lag { .. } => ("object lag", ["read stale", "reads stale"]),
            Self::ShortPages { .. } => ("object pages", ["page shortened", "pages shortened"]),
            Self::Resurrect { .. } => ("object resurrect", ["deletion undone", "deletions undone"]),
            Self::Expire { .. } => ("object expire", ["object gone", "objects gone"]),
            Self::Slow { .. } => ("slow objects", ["request slowed", "requests slowed"]),
            Self::Stall { .. } => ("object stall", ["request stalled", "requests stalled"]),
            Self::Throttle { .. } => ("object throttle", ["request refused", "requests refused"]),
        };
        let span = (!matches!(self, Self::Expire { .. })).then_some(SpanKind::Node);
        Kind { name, span, counts: Some(counts) }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let requests = self.requests();
        let mut parts = vec![("requests", requests_text(requests))];
        match self {
            Self::Fail { errors, retry_after, .. } => {
                let names: Vec<String> = errors.iter().map(data_name).collect();
                let wait = retry_after.map_or_else(String::new, |time| format!(", retry after {}", seconds(time)));
                parts.push(("errors", names.join("/") + &wait));
            }
            Self::LoseAnswer { after, twice, error, .. } => {
                let done = match (after.is_zero(), twice) {
                    (true, _) => "done".to_owned(),
                    (false, true) => format!("done twice, {} apart", seconds(*after)),
                    (false, false) => format!("done {} late", seconds(*after)),
                };
                parts.push(("done", done));
                parts.push(("instead", error.map_or_else(String::new, |error| format!(", told {}", data_name(&error)))));
            }
            Self::Damage { damage, .. } => parts.push(("damage", data_name(damage))),
            Self::Lag { lag, .. } => parts.push(("lag", seconds(*lag))),
            Self::ShortPages { entries, .. } => parts.push(("entries", entries.to_string())),
            Self::Resurrect { after, .. } => parts.push(("after", seconds(*after))),
            Self::Slow { factor, extra, .. } => {
                let factor = (*factor != 1).then(|| format!("{factor} times"));
                let extra = (!extra.is_zero()).then(|| format!("{} more", seconds(*extra)));
                parts.push(("by", factor.into_iter().chain(extra).collect::<Vec<_>>().join(", ")));
            }
            Self::Throttle { requests_per_second, .. } => parts.push(("rate", requests_per_second.to_string())),
            Self::Expire { .. } => parts = vec![("objects", objects_text(requests))],
            Self::LoseWrite { .. } | Self::Stall { .. } => {}
        }
        parts
    }

    fn sides(&self) -> [&[String]; 2] {
        [slice::from_ref(&self.requests().store), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        self.clone().duration_mut().copied()
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::Fail { duration, .. }
            | Self::LoseAnswer { duration, .. }
            | Self::LoseWrite { duration, .. }
            | Self::Damage { duration, .. }
            | Self::Lag { duration, .. }
            | Self::ShortPages { duration, .. }
            | Self::Resurrect { duration, .. }
            | Self::Slow { duration, .. }
            | Self::Stall { duration, .. }
            | Self::Throttle { duration, .. } => duration.as_mut(),
            Self::Expire { .. } => None,
        }
    }

    /// One error, an answer that is lost of what was done once and at once, one of two ways to be slow.
    fn simpler(&self) -> Vec<Self> {
        match self.clone() {
            Self::Fail { requests, errors, retry_after: Some(_), duration } => {
                vec![Self::Fail { requests, errors, retry_after: None, duration }]
            }
            Self::Fail { requests, errors, retry_after: None, duration } if errors.len() > 1 => {
                let one = |error| Self::Fail { requests: requests.clone(), errors: vec![error], retry_after: None, duration };
                errors.into_iter().map(one).collect()
            }
            Self::LoseAnswer { requests, after, error, duration, .. } if !after.is_zero() => {
                vec![Self::LoseAnswer { requests, after: Duration::ZERO, twice: false, error, duration }]
            }
            Self::Slow { requests, factor: factor @ 2.., extra, duration } if !extra.is_zero() => {
                let one = Self::Slow { requests: requests.clone(), factor, extra: Duration::ZERO, duration };
                vec![one, Self::Slow { requests, factor: 1, extra, duration }]
            }
            _ => Vec::new(),
        }
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<Resolved, PlanError> {
        object_rules::resolve(self, names)
    }

    fn apply(fault: Resolved, engine: &mut Engine) -> Applied<ObjectRuleInForce> {
        object_rules::apply(fault, engine)
    }

    fn is_in_force(in_force: &ObjectRuleInForce, engine: &Engine) -> bool {
        in_force.is_in_force(engine)
    }

    fn effect(in_force: &ObjectRuleInForce, engine: &Engine) -> u64 {
        in_force.counts(engine).effective
    }

    fn fired(in_force: &ObjectRuleInForce, engine: &Engine) -> u64 {
        in_force.counts(engine).fired
    }

    fn outcome(in_force: &ObjectRuleInForce, engine: &Engine) -> Option<String> {
        (in_force.counts(engine).fired == 0).then(|| "the store had no request that it hits".to_owned())
    }

    fn end(in_force: ObjectRuleInForce, engine: &mut Engine) {
        in_force.end(engine);
    }

    fn end_all(in_force: Vec<ObjectRuleInForce>, engine: &mut Engine) {
        in_force.into_iter().for_each(|in_force| in_force.end(engine));
    }
}

/// The requests of a fault, as in `0.05 of the put requests to s3/0 below "topic/"`.
fn requests_text(requests: &ObjectRequests) -> String {
    let names: Vec<String> = requests.operations.iter().map(data_name).collect();
    let operations = if names.is_empty() { String::new() } else { names.join("/") + " " };
    format!("{} {operations}requests to {}", share_text(requests.share), requests.store) + &below(requests)
}

/// The objects of a fault, as in `all objects of s3/0 below "topic/"`.
fn objects_text(requests: &ObjectRequests) -> String {
    format!("{} objects of {}", share_text(requests.share), requests.store) + &below(requests)
}

fn share_text(share: Ratio) -> String {
    if share == Ratio::ONE { "all".to_owned() } else { format!("{share} of the") }
}

fn below(requests: &ObjectRequests) -> String {
    if requests.prefix.is_empty() { String::new() } else { format!(" below {:?}", requests.prefix) }
}
