//! Classes of links: each link gets the model of the last class that covers both its ends.

use std::cell::Cell;

use cluster_sim_runtime::Stream;
use cluster_sim_types::{NodeId, Ratio};

use super::model::{CompiledLink, InvalidLink, LinkModel, LinkOrder};

/// The nodes that one end of a class of links covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeSelector {
    /// All nodes.
    Any,
    /// The nodes of a group, by its number.
    Group(u16),
    /// The nodes of a region, by its number.
    Region(u16),
}

/// The number of a class of links within its network, in the order in which the classes were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub(super) u16);

impl ClassId {
    /// The number.
    pub fn number(self) -> u16 {
        self.0
    }
}

/// A further chance of loss for the messages of a class, rolled in a stream of its own.
#[derive(Debug, Clone)]
pub(super) struct LossRule {
    name: String,
    pub(super) stream: Stream,
    pub(super) cause: u32,
    pub(super) ratio: Ratio,
    /// Messages dropped since the rule was set.
    pub(super) dropped: Cell<u64>,
}

#[derive(Debug)]
pub(super) struct Class {
    name: String,
    from: NodeSelector,
    to: NodeSelector,
    /// The model with which the class was added.
    declared: CompiledLink,
    pub(super) link: CompiledLink,
    pub(super) rules: Vec<LossRule>,
    /// The class does nothing to a message except delay it.
    pub(super) is_plain: bool,
    /// The class is plain and keeps no order.
    pub(super) only_delays: bool,
}

impl Class {
    /// Updates the flags after a change.
    fn update_flags(&mut self) {
        let LinkModel { loss, duplicate, reorder, .. } = self.link.model;
        self.is_plain = self.rules.is_empty() && [loss, duplicate, reorder] == [Ratio::ZERO; 3];
        self.only_delays = self.is_plain && self.link.model.order == LinkOrder::Unordered;
    }
}

/// The group and region of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    group: u16,
    region: u16,
}

#[derive(Debug)]
pub(super) struct Classes {
    all: Vec<Class>,
    places: Vec<Place>,
}

impl Classes {
    pub(super) fn new() -> Self {
        // Most scenarios declare at most one class beside the default; a larger allocation would be slow.
        let mut classes = Self { all: Vec::with_capacity(2), places: Vec::new() };
        let added = classes.add("default", NodeSelector::Any, NodeSelector::Any, &LinkModel::default());
        added.expect("the default model is valid");
        classes
    }

    pub(super) fn add(&mut self, name: &str, from: NodeSelector, to: NodeSelector, model: &LinkModel) -> Result<(), InvalidLink> {
        let declared = model.compile()?;
        let link = declared.clone();
        let mut class =
            Class { name: name.to_owned(), from, to, declared, link, rules: Vec::new(), is_plain: false, only_delays: false };
        class.update_flags();
        self.all.push(class);
        Ok(())
    }

    pub(super) fn place(&mut self, node: NodeId, group: u16, region: u16) {
        if self.places.len() <= node.index() {
            self.places.resize(node.index() + 1, Place::default());
        }
        self.places[node.index()] = Place { group, region };
    }

    fn covers(&self, selector: NodeSelector, node: NodeId) -> bool {
        let place = self.places.get(node.index()).copied().unwrap_or_default();
        match selector {
            NodeSelector::Any => true,
            NodeSelector::Group(group) => place.group == group,
            NodeSelector::Region(region) => place.region == region,
        }
    }

    /// Returns the class of a link: the last one that covers both ends.
    pub(super) fn of(&self, from: NodeId, to: NodeId) -> u16 {
        let matching = self.all.iter().rposition(|class| self.covers(class.from, from) && self.covers(class.to, to));
        matching.expect("the first class covers every link") as u16
    }

    #[inline]
    pub(super) fn get(&self, class: u16) -> &Class {
        &self.all[usize::from(class)]
    }

    pub(super) fn name(&self, class: u32) -> &str {
        &self.all[class as usize].name
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|class| class.name.as_str())
    }

    /// Finds a class by its name; of several the one added last.
    pub(super) fn named(&self, name: &str) -> Option<ClassId> {
        self.all.iter().rposition(|class| class.name == name).map(|index| ClassId(index as u16))
    }

    fn get_mut(&mut self, class: ClassId) -> &mut Class {
        &mut self.all[usize::from(class.0)]
    }

    pub(super) fn set_model(&mut self, class: ClassId, model: &LinkModel) -> Result<(), InvalidLink> {
        let link = model.compile()?;
        let class = self.get_mut(class);
        class.link = link;
        class.update_flags();
        Ok(())
    }

    pub(super) fn set_rule(&mut self, class: ClassId, name: &str, cause: u32, ratio: Ratio) {
        let class = self.get_mut(class);
        let rules = &mut class.rules;
        rules.retain(|rule| rule.name != name);
        if ratio > Ratio::ZERO {
            let stream = Stream::named(&format!("rule {name}"));
            rules.push(LossRule { name: name.to_owned(), stream, cause, ratio, dropped: Cell::new(0) });
        }
        class.update_flags();
    }

    /// Counts the messages that a rule in force has dropped; 0 for an unknown rule.
    pub(super) fn dropped_by(&self, class: ClassId, rule: &str) -> u64 {
        self.get(class.0).rules.iter().find(|known| known.name == rule).map_or(0, |rule| rule.dropped.get())
    }

    /// Undoes every change since the classes were added. Returns the classes that had changed.
    pub(super) fn restore(&mut self) -> Vec<ClassId> {
        let mut changed = Vec::new();
        for (index, class) in self.all.iter_mut().enumerate() {
            if !class.rules.is_empty() || class.link.model != class.declared.model {
                class.rules.clear();
                class.link = class.declared.clone();
                class.update_flags();
                changed.push(ClassId(index as u16));
            }
        }
        changed
    }
}
