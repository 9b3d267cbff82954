//! Names of ports: where datagrams arrive and sessions are asked for.

use cluster_sim_runtime::Address;

/// A port by the number of its name; the same in a whole run, for datagrams and for sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub(super) u16);

impl PortId {
    /// The port before and the port after all others.
    pub(super) const EXTREMES: [Self; 2] = [Self(0), Self(u16::MAX)];
}

/// The names of all ports of a run, each with its address.
#[derive(Debug, Default)]
pub(super) struct PortNames {
    names: Vec<(String, Address)>,
}

impl PortNames {
    /// The number of a name.
    pub(super) fn port(&mut self, name: &str) -> PortId {
        let known = self.names.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push((name.to_owned(), Address::new().name(name)));
            self.names.len() - 1
        });
        PortId(u16::try_from(index).expect("a simulation has fewer than 65,536 port names"))
    }

    pub(super) fn name(&self, port: PortId) -> &str {
        &self.names[usize::from(port.0)].0
    }

    /// What names the port for chance.
    pub(super) fn address(&self, port: PortId) -> Address {
        self.names[usize::from(port.0)].1
    }
}
