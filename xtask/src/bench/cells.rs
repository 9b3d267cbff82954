//! The cells of the benchmark, as the benches name them and as the table does.

/// What a figure of a cell counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds an event.
    Event,
    /// Microseconds a simulation, from its start to its drop.
    Simulation,
    /// Simulations a second and core.
    Rate,
}

/// One workload at one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    name: &'static str,
    /// Its title in the table.
    pub title: &'static str,
    /// What its figures count.
    pub unit: Unit,
    /// Whether the floor and the peers have it too.
    pub is_shared: bool,
}

const fn shared(name: &'static str, title: &'static str, unit: Unit) -> Cell {
    Cell { name, title, unit, is_shared: true }
}

const fn ours(name: &'static str, title: &'static str) -> Cell {
    Cell { name, title, unit: Unit::Event, is_shared: false }
}

/// All cells, in the order of the table: first those that everybody has, then those of the product alone.
const ALL: [Cell; 16] = [
    shared("w1", "W1 echo 32+8", Unit::Event),
    shared("w2-5", "W2 all to all, N=5", Unit::Event),
    shared("w2-50", "N=50", Unit::Event),
    shared("w2-200", "N=200", Unit::Event),
    shared("w3", "W3 idle, N=100", Unit::Event),
    shared("w4", "W4 replication", Unit::Event),
    shared("w5", "W5 crashes", Unit::Event),
    shared("startup", "startup", Unit::Simulation),
    shared("short", "short seeds", Unit::Rate),
    ours("w1-heap", "W1, 256 bytes on the heap"),
    ours("w1-faults", "W1, loss, delay and a cut"),
    ours("w1-always", "W1, ten `always`"),
    ours("w4-always", "W4, ten `always`"),
    ours("peers-50", "8 peers, N=50"),
    ours("peers-500", "N=500"),
    ours("peers-5000", "N=5,000"),
];

impl Cell {
    /// All cells.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.into_iter()
    }

    /// The cell of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|cell| cell.name == name)
    }

    /// Its name, as the benches take it.
    pub fn name(self) -> &'static str {
        self.name
    }
}
