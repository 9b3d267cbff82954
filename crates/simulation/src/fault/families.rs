//! All families together: a fault of any of them while a run resolves, applies and ends it.

use std::time::Duration;

use cluster_sim_runtime::Engine;

use super::clock::ClockFault;
use super::disk::DiskFault;
use super::domain::DomainFault;
use super::draw::Drawn;
use super::family::{Applied, Family};
use super::link::LinkFault;
use super::network::NetworkFault;
use super::node::NodeFault;
use super::object_store::ObjectStoreFault;
use super::process::ProcessFault;

/// Writes what is the same for all families; a family is a line of its call.
///
/// At the end of the fault phase those of devices end first, then what the devices themselves end, then those of nodes; in each
/// list in the order of the lines.
macro_rules! families {
    (devices { $($device:ident: $DeviceFault:ty,)* } nodes { $($node:ident: $NodeFault:ty,)* }) => {
        /// The kinds that profiles draw, in order of their numbers.
        pub(super) fn drawn() -> Vec<Drawn> {
            let mut all = [$(<$DeviceFault>::DRAWN,)* $(<$NodeFault>::DRAWN,)*].concat();
            all.sort_by_key(|drawn| drawn.number);
            all
        }

        /// A fault whose names are replaced by numbers.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Resolved {
            $($device(<$DeviceFault as Family>::Resolved),)*
            $($node(<$NodeFault as Family>::Resolved),)*
        }

        impl Resolved {
            /// Applies the fault; those that it [replaces](Self::replaces) have ended before.
            pub(crate) fn apply(self, engine: &mut Engine) -> Applied<InForce> {
                match self {
                    $(Self::$device(fault) => <$DeviceFault>::apply(fault, engine).map(InForce::$device),)*
                    $(Self::$node(fault) => <$NodeFault>::apply(fault, engine).map(InForce::$node),)*
                }
            }

            /// Whether it ends one that is in force by taking its place.
            pub(crate) fn replaces(&self, in_force: &InForce) -> bool {
                match (self, in_force) {
                    $((Self::$device(fault), InForce::$device(in_force)) => <$DeviceFault>::replaces(fault, in_force),)*
                    $((Self::$node(fault), InForce::$node(in_force)) => <$NodeFault>::replaces(fault, in_force),)*
                    _ => false,
                }
            }
        }

        /// A fault in force, with what its end and its effect need.
        #[derive(Debug)]
        pub(crate) enum InForce {
            $($device(<$DeviceFault as Family>::InForce),)*
            $($node(<$NodeFault as Family>::InForce),)*
        }

        impl InForce {
            /// Acts again, and returns the time until the next action.
            pub(crate) fn act(&mut self, engine: &mut Engine) -> Duration {
                match self {
                    $(Self::$device(in_force) => <$DeviceFault>::act(in_force, engine),)*
                    $(Self::$node(in_force) => <$NodeFault>::act(in_force, engine),)*
                }
            }

            /// Whether nothing else has ended it.
            pub(crate) fn is_in_force(&self, engine: &Engine) -> bool {
                match self {
                    $(Self::$device(in_force) => <$DeviceFault>::is_in_force(in_force, engine),)*
                    $(Self::$node(in_force) => <$NodeFault>::is_in_force(in_force, engine),)*
                }
            }

            /// Its effect so far, beyond that of applying it.
            pub(crate) fn effect(&self, engine: &Engine) -> u64 {
                match self {
                    $(Self::$device(in_force) => <$DeviceFault>::effect(in_force, engine),)*
                    $(Self::$node(in_force) => <$NodeFault>::effect(in_force, engine),)*
                }
            }

            /// The operations of a device that it did its thing to so far.
            pub(crate) fn fired(&self, engine: &Engine) -> u64 {
                match self {
                    $(Self::$device(in_force) => <$DeviceFault>::fired(in_force, engine),)*
                    $(Self::$node(in_force) => <$NodeFault>::fired(in_force, engine),)*
                }
            }

            /// The effect that ending it now will have.
            pub(crate) fn effect_of_end(&self, engine: &Engine) -> u64 {
                match self {
                    $(Self::$device(in_force) => <$DeviceFault>::effect_of_end(in_force, engine),)*
                    $(Self::$node(in_force) => <$NodeFault>::effect_of_end(in_force, engine),)*
                }
            }

            /// Its outcome, if there is more to say than its effect.
            pub(crate) fn outcome(&self, engine: &Engine) -> Option<String> {
                match self {
                    $(Self::$device(in_force) => <$DeviceFault>::outcome(in_force, engine),)*
                    $(Self::$node(in_force) => <$NodeFault>::outcome(in_force, engine),)*
                }
            }

            /// Ends it.
            pub(crate) fn end(self, engine: &mut Engine) {
                match self {
                    $(Self::$device(in_force) => <$DeviceFault>::end(in_force, engine),)*
                    $(Self::$node(in_force) => <$NodeFault>::end(in_force, engine),)*
                }
            }

            /// Ends all faults with the fault phase.
            pub(crate) fn end_all(all: Vec<Self>, engine: &mut Engine) {
                let mut all = all;
                $(<$DeviceFault>::end_all(take_family!(all, $device), engine);)*
                engine.end_fault_phase();
                $(<$NodeFault>::end_all(take_family!(all, $node), engine);)*
                debug_assert!(all.is_empty(), "each fault is of a family");
            }
        }
    };
}

/// Takes the faults of one family out of a list, in order.
macro_rules! take_family {
    ($all:ident, $family:ident) => {{
        let is_of_family = |fault: &mut Self| matches!(fault, Self::$family(_));
        let taken = $all.extract_if(.., is_of_family).map(|fault| match fault {
            Self::$family(fault) => fault,
            _ => unreachable!("only those of the family are taken"),
        });
        taken.collect()
    }};
}

families! {
    devices {
        Network: NetworkFault,
        Link: LinkFault,
        Disk: DiskFault,
        ObjectStore: ObjectStoreFault,
    }
    nodes {
        Domain: DomainFault,
        Clock: ClockFault,
        Process: ProcessFault,
        Node: NodeFault,
    }
}
