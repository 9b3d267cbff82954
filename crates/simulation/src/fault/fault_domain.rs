//! [`FaultDomain`]: the kinds of places that fail as a whole, which a claim may count.

use std::fmt;

/// A kind of place whose nodes may fail together.
///
/// [`Claim::counting`](super::Claim::counting) counts places in place of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FaultDomain {
    /// A rack that [`Scenario::racks`](crate::Scenario::racks) or a [`Domain`](crate::Domain) declares.
    Rack,
    /// A zone that [`Scenario::zones`](crate::Scenario::zones) or a [`Domain`](crate::Domain) declares.
    Zone,
    /// A region that [`Scenario::place`](crate::Scenario::place) or a [`Domain`](crate::Domain) declares.
    Region,
    /// A shard of a [`SimulatedCluster`](crate::SimulatedCluster).
    Shard,
}

impl FaultDomain {
    /// How one of them is called in the name of a set, as in `zone:a`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rack => "rack",
            Self::Zone => "zone",
            Self::Region => "region",
            Self::Shard => "shard",
        }
    }

    /// How a scenario puts nodes into one.
    pub(crate) const fn declared_by(self) -> &'static str {
        match self {
            Self::Rack => "Scenario::racks",
            Self::Zone => "Scenario::zones",
            Self::Region => "Scenario::place",
            Self::Shard => "SimulatedCluster",
        }
    }
}

impl fmt::Display for FaultDomain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
