//! Rules begin and end.

use std::time::Duration;

use cluster_sim_runtime::{Address, Choice, Kernel, Site, Stream};
use cluster_sim_types::{Change, NodeId};

use super::rules::{ObjectRule, ObjectRuleId, ObjectScope, RuleInForce};
use super::stores::{ObjectStores, Store, at};
use crate::disk::RuleCounts;

impl ObjectStores {
    /// Puts a rule in force on the store of a node.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn add_rule(&mut self, kernel: &mut Kernel, node: NodeId, scope: ObjectScope, rule: ObjectRule) -> ObjectRuleId {
        self.generation += 1;
        let (id, now) = (ObjectRuleId(self.generation), kernel.now());
        let store = self.store(node);
        let equal = |known: &&RuleInForce| (known.rule.name(), &known.scope.prefix) == (rule.name(), &scope.prefix);
        let count = store.rules.iter().filter(equal).count() as u64;
        let address = Address::new().name(rule.name()).name(&scope.prefix).number(count);
        store.rules.push(RuleInForce { id, scope, rule, address, since: now, counts: RuleCounts::default(), due: now });
        store.set_horizon();
        kernel.change(Change::Objects(node));
        id
    }

    /// Returns what a rule did so far; zero once it has ended.
    pub fn rule_counts(&self, node: NodeId, id: ObjectRuleId) -> RuleCounts {
        let rule = self.stores.get(&node).and_then(|store| store.rules.iter().find(|rule| rule.id == id));
        rule.map_or_else(RuleCounts::default, |rule| rule.counts)
    }

    /// Ends a rule; requests that waited for it go on now.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn end_rule(&mut self, kernel: &mut Kernel, node: NodeId, id: ObjectRuleId) {
        let store = self.store(node);
        store.rules.retain(|rule| rule.id != id);
        store.set_horizon();
        let stalled = std::mem::take(&mut store.stalled);
        stalled.into_iter().for_each(|waiter| kernel.wake(waiter));
        kernel.change(Change::Objects(node));
    }
}

impl Store {
    /// Lets the bucket keep what the model and the rules in force may show of the past.
    fn set_horizon(&mut self) {
        let of_rule = |rule: &RuleInForce| match rule.rule {
            ObjectRule::Lag(lag) => lag,
            _ => Duration::ZERO,
        };
        let of_rules = self.rules.iter().map(of_rule).max().unwrap_or_default();
        self.bucket.set_horizon(self.compiled.horizon().max(of_rules));
    }

    /// Counts a request by a rule that did its thing to it, if the rule is still in force.
    pub(super) fn fired(&mut self, id: ObjectRuleId, is_effective: bool) {
        if let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == id) {
            rule.counts.fired += 1;
            rule.counts.effective += u64::from(is_effective);
        }
    }
}

/// Rolls about objects that are lost at once.
const EXPIRY: Stream = Stream::named("object expiry");

impl ObjectStores {
    /// Loses the objects of a scope, whatever its kinds of requests; returns how many.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn expire(&mut self, kernel: &mut Kernel, node: NodeId, scope: &ObjectScope) -> u64 {
        let (at, of_node) = (at(kernel, node), kernel.address(node));
        let store = self.store(node);
        let keys: Vec<String> =
            store.bucket.objects().map(|(key, _)| key.to_owned()).filter(|key| key.starts_with(&scope.prefix)).collect();
        let mut gone = 0;
        for key in keys {
            let about = store.turns.count(of_node.name("expire").name(&key));
            let site = Site { choice: Choice::ObjectFault, stream: EXPIRY, address: about, node, peer: node };
            if kernel.choose(site, |roll| u64::from(roll.holds(scope.share))) == 1 {
                drop(store.bucket.delete(at, &key));
                gone += 1;
            }
        }
        kernel.change(Change::Objects(node));
        gone
    }
}
