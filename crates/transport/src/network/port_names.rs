//! Numbers for the names of ports, shared by datagrams and sessions.

use cluster_sim_runtime::Address;

/// The number of a port name, valid throughout a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub(super) u16);

impl PortId {
    /// The lowest and the highest number.
    pub(super) const EXTREMES: [Self; 2] = [Self(0), Self(u16::MAX)];
}

/// The names of all ports of a run, each with its address.
#[derive(Debug, Default)]
pub(super) struct PortNames {
    names: Vec<(String, Address)>,
}

impl PortNames {
    /// Returns the number of a name, assigning one on first use.
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

    /// Returns the address of the name, for random choices.
    pub(super) fn address(&self, port: PortId) -> Address {
        self.names[usize::from(port.0)].1
    }
}
