//! All families together: a fault of any of them while a run resolves, applies and ends it.

use std::time::Duration;

use cluster_sim_runtime::Engine;

use super::clock::{ClockFault, ClockInForce};
use super::disk::{DiskFault, DiskInForce};
use super::domain::{DomainFault, DomainInForce};
use super::draw::Drawn;
use super::family::{Applied, Family};
use super::link::{LinkFault, LinkInForce};
use super::network::{NetworkFault, NetworkInForce};
use super::node::{NodeFault, NodeInForce};

/// The kinds that profiles draw, in order of their numbers.
pub(super) fn drawn() -> Vec<Drawn> {
    let of_nodes = [NodeFault::DRAWN, DomainFault::DRAWN, ClockFault::DRAWN, DiskFault::DRAWN].concat();
    let mut all = [NetworkFault::DRAWN, LinkFault::DRAWN, &of_nodes].concat();
    all.sort_by_key(|drawn| drawn.number);
    all
}

/// A fault whose names are replaced by numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Resolved {
    Network(<NetworkFault as Family>::Resolved),
    Link(<LinkFault as Family>::Resolved),
    Node(<NodeFault as Family>::Resolved),
    Domain(<DomainFault as Family>::Resolved),
    Clock(<ClockFault as Family>::Resolved),
    Disk(<DiskFault as Family>::Resolved),
}

impl Resolved {
    /// Applies the fault; those that it [replaces](Self::replaces) have ended before.
    pub(crate) fn apply(self, engine: &mut Engine) -> Applied<InForce> {
        match self {
            Self::Network(fault) => NetworkFault::apply(fault, engine).map(InForce::Network),
            Self::Link(fault) => LinkFault::apply(fault, engine).map(InForce::Link),
            Self::Node(fault) => NodeFault::apply(fault, engine).map(InForce::Node),
            Self::Domain(fault) => DomainFault::apply(fault, engine).map(InForce::Domain),
            Self::Clock(fault) => ClockFault::apply(fault, engine).map(InForce::Clock),
            Self::Disk(fault) => DiskFault::apply(fault, engine).map(InForce::Disk),
        }
    }

    /// Whether it ends one that is in force by taking its place.
    pub(crate) fn replaces(&self, in_force: &InForce) -> bool {
        match (self, in_force) {
            (Self::Network(fault), InForce::Network(in_force)) => NetworkFault::replaces(fault, in_force),
            (Self::Link(fault), InForce::Link(in_force)) => LinkFault::replaces(fault, in_force),
            (Self::Node(fault), InForce::Node(in_force)) => NodeFault::replaces(fault, in_force),
            (Self::Domain(fault), InForce::Domain(in_force)) => DomainFault::replaces(fault, in_force),
            (Self::Clock(fault), InForce::Clock(in_force)) => ClockFault::replaces(fault, in_force),
            (Self::Disk(fault), InForce::Disk(in_force)) => DiskFault::replaces(fault, in_force),
            _ => false,
        }
    }
}

/// A fault in force, with what its end and its effect need.
#[derive(Debug)]
pub(crate) enum InForce {
    Network(<NetworkFault as Family>::InForce),
    Link(<LinkFault as Family>::InForce),
    Node(<NodeFault as Family>::InForce),
    Domain(<DomainFault as Family>::InForce),
    Clock(<ClockFault as Family>::InForce),
    Disk(<DiskFault as Family>::InForce),
}

impl InForce {
    /// Acts again, and returns the time until the next action.
    pub(crate) fn act(&mut self, engine: &mut Engine) -> Duration {
        match self {
            Self::Network(in_force) => NetworkFault::act(in_force, engine),
            Self::Link(in_force) => LinkFault::act(in_force, engine),
            Self::Node(in_force) => NodeFault::act(in_force, engine),
            Self::Domain(in_force) => DomainFault::act(in_force, engine),
            Self::Clock(in_force) => ClockFault::act(in_force, engine),
            Self::Disk(in_force) => DiskFault::act(in_force, engine),
        }
    }

    /// Whether nothing else has ended it.
    pub(crate) fn is_in_force(&self, engine: &Engine) -> bool {
        match self {
            Self::Network(in_force) => NetworkFault::is_in_force(in_force, engine),
            Self::Link(in_force) => LinkFault::is_in_force(in_force, engine),
            Self::Node(in_force) => NodeFault::is_in_force(in_force, engine),
            Self::Domain(in_force) => DomainFault::is_in_force(in_force, engine),
            Self::Clock(in_force) => ClockFault::is_in_force(in_force, engine),
            Self::Disk(in_force) => DiskFault::is_in_force(in_force, engine),
        }
    }

    /// Its effect so far, beyond that of applying it.
    pub(crate) fn effect(&self, engine: &Engine) -> u64 {
        match self {
            Self::Network(in_force) => NetworkFault::effect(in_force, engine),
            Self::Link(in_force) => LinkFault::effect(in_force, engine),
            Self::Node(in_force) => NodeFault::effect(in_force, engine),
            Self::Domain(in_force) => DomainFault::effect(in_force, engine),
            Self::Clock(in_force) => ClockFault::effect(in_force, engine),
            Self::Disk(in_force) => DiskFault::effect(in_force, engine),
        }
    }

    /// The operations of a device that it did its thing to so far.
    pub(crate) fn fired(&self, engine: &Engine) -> u64 {
        match self {
            Self::Network(in_force) => NetworkFault::fired(in_force, engine),
            Self::Link(in_force) => LinkFault::fired(in_force, engine),
            Self::Node(in_force) => NodeFault::fired(in_force, engine),
            Self::Domain(in_force) => DomainFault::fired(in_force, engine),
            Self::Clock(in_force) => ClockFault::fired(in_force, engine),
            Self::Disk(in_force) => DiskFault::fired(in_force, engine),
        }
    }

    /// The effect that ending it now will have.
    pub(crate) fn effect_of_end(&self, engine: &Engine) -> u64 {
        match self {
            Self::Network(in_force) => NetworkFault::effect_of_end(in_force, engine),
            Self::Link(in_force) => LinkFault::effect_of_end(in_force, engine),
            Self::Node(in_force) => NodeFault::effect_of_end(in_force, engine),
            Self::Domain(in_force) => DomainFault::effect_of_end(in_force, engine),
            Self::Clock(in_force) => ClockFault::effect_of_end(in_force, engine),
            Self::Disk(in_force) => DiskFault::effect_of_end(in_force, engine),
        }
    }

    /// Ends it.
    pub(crate) fn end(self, engine: &mut Engine) {
        match self {
            Self::Network(in_force) => NetworkFault::end(in_force, engine),
            Self::Link(in_force) => LinkFault::end(in_force, engine),
            Self::Node(in_force) => NodeFault::end(in_force, engine),
            Self::Domain(in_force) => DomainFault::end(in_force, engine),
            Self::Clock(in_force) => ClockFault::end(in_force, engine),
            Self::Disk(in_force) => DiskFault::end(in_force, engine),
        }
    }

    /// Ends all faults with the fault phase: those of devices, then what the devices themselves end, then those of clocks and
    /// of nodes.
    pub(crate) fn end_all(all: Vec<Self>, engine: &mut Engine) {
        let (mut of_network, mut of_links): (Vec<NetworkInForce>, Vec<LinkInForce>) = Default::default();
        let mut of_disks: Vec<DiskInForce> = Vec::new();
        let (mut of_domains, mut of_nodes): (Vec<DomainInForce>, Vec<NodeInForce>) = Default::default();
        let mut of_clocks: Vec<ClockInForce> = Vec::new();
        for in_force in all {
            match in_force {
                Self::Network(in_force) => of_network.push(in_force),
                Self::Link(in_force) => of_links.push(in_force),
                Self::Node(in_force) => of_nodes.push(in_force),
                Self::Domain(in_force) => of_domains.push(in_force),
                Self::Clock(in_force) => of_clocks.push(in_force),
                Self::Disk(in_force) => of_disks.push(in_force),
            }
        }
        NetworkFault::end_all(of_network, engine);
        LinkFault::end_all(of_links, engine);
        DiskFault::end_all(of_disks, engine);
        engine.end_fault_phase();
        DomainFault::end_all(of_domains, engine);
        ClockFault::end_all(of_clocks, engine);
        NodeFault::end_all(of_nodes, engine);
    }
}
