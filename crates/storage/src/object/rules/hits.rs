//! Which rules hit a request, decided when it arrives.

use cluster_sim_runtime::{Address, Choice, Kernel, Site, Stream};
use cluster_sim_types::{NodeId, Ratio};

use super::object_rule::{ObjectRule, ObjectRuleId, RuleInForce};
use crate::object::object_answer::ObjectErrorKind;
use crate::object::operation::ObjectOp;
use crate::object::rate::serves;

const WHETHER: Stream = Stream::named("object store fault");
const WHICH: Stream = Stream::named("object store fault place");

/// A rule that hits a request.
#[derive(Debug, Clone)]
pub(in crate::object) struct Hit {
    pub(in crate::object) id: ObjectRuleId,
    pub(in crate::object) rule: ObjectRule,
    /// Addresses the choice of its way and place.
    about: Address,
}

/// All rules that hit a request, in the order in which they came into force.
#[derive(Debug, Default)]
pub(in crate::object) struct Hits {
    pub(in crate::object) rules: Vec<Hit>,
    /// The keys of a request to delete that are refused, by their places.
    pub(in crate::object) refused_keys: Vec<(u32, ObjectErrorKind)>,
}

/// Decides about one request.
struct Decider<'k> {
    kernel: &'k mut Kernel,
    node: NodeId,
    about: Address,
}

impl Decider<'_> {
    fn choose(&mut self, choice: Choice, stream: Stream, address: Address, read: impl Fn(cluster_sim_runtime::Roll) -> u64) -> u64 {
        self.kernel.choose(Site { choice, stream, address, node: self.node, peer: self.node }, read)
    }

    fn holds(&mut self, rule: Address, share: Ratio) -> bool {
        let address = self.about.number(rule.key());
        self.choose(Choice::ObjectFault, WHETHER, address, |roll| u64::from(roll.holds(share))) == 1
    }
}

impl Hit {
    /// Picks one of that many ways or places.
    pub(in crate::object) fn place(&self, kernel: &mut Kernel, node: NodeId, places: u64) -> u64 {
        let mut decider = Decider { kernel, node, about: self.about };
        decider.choose(Choice::ObjectFaultPlace, WHICH, self.about, |roll| roll.below(places.max(1)))
    }
}

impl Hits {
    /// Decides which rules hit a request that arrives.
    pub(in crate::object) fn of(
        rules: &mut [RuleInForce],
        kernel: &mut Kernel,
        (node, about): (NodeId, Address),
        op: &ObjectOp,
    ) -> Self {
        let mut hits = Self::default();
        for rule in rules {
            if rule.scope.has(op) && rule.rule.fits(op) && rule.takes(kernel) {
                let mut decider = Decider { kernel, node, about };
                if decider.holds(rule.address, rule.scope.share) {
                    hits.rules.push(Hit { id: rule.id, rule: rule.rule.clone(), about: about.number(rule.address.key()) });
                }
            }
            if let (ObjectRule::Fail { errors, .. }, ObjectOp::Delete { keys }) = (&rule.rule, op) {
                let errors = errors.clone();
                hits.refuse_keys(rule, kernel, (node, about), (keys, &errors));
            }
        }
        hits
    }

    /// Refuses keys of a request to delete many.
    fn refuse_keys(
        &mut self,
        rule: &mut RuleInForce,
        kernel: &mut Kernel,
        (node, about): (NodeId, Address),
        (keys, errors): (&[String], &[ObjectErrorKind]),
    ) {
        for (place, key) in (0..).zip(keys) {
            let is_refused = self.refused_keys.iter().any(|(refused, _)| *refused == place);
            let about = about.name(key);
            if is_refused || !rule.scope.has_deletion(key) {
                continue;
            }
            let mut decider = Decider { kernel, node, about };
            if decider.holds(rule.address, rule.scope.share) {
                let hit = Hit { id: rule.id, rule: ObjectRule::Stall, about: about.number(rule.address.key()) };
                let way = hit.place(kernel, node, errors.len() as u64);
                self.refused_keys.push((place, errors[way as usize]));
                rule.counts.fired += 1;
                rule.counts.effective += 1;
            }
        }
    }
}

impl RuleInForce {
    /// Whether a limit takes a request from the others; any other rule takes each.
    fn takes(&mut self, kernel: &Kernel) -> bool {
        let ObjectRule::Throttle(rate) = self.rule else { return true };
        !serves(&mut self.due, kernel.now(), rate)
    }
}
