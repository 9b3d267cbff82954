//! The cells of the benchmark, with their names on the command line and in the table.

/// The unit of the figures of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds per event.
    Event,
    /// Microseconds per simulation, from its start to its drop.
    Simulation,
    /// Simulations per second on one core.
    Rate,
}

/// One workload at one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    name: &'static str,
    /// The title of its column.
    pub title: &'static str,
    /// The unit of its figures.
    pub unit: Unit,
    /// Whether the floor and the peers measure it too.
    pub is_shared: bool,
}

const fn shared(name: &'static str, title: &'static str, unit: Unit) -> Cell {
    Cell { name, title, unit, is_shared: true }
}

const fn product_only(name: &'static str, title: &'static str) -> Cell {
    Cell { name, title, unit: Unit::Event, is_shared: false }
}

/// All cells, in the order of the table: first the shared ones, then those of the product alone.
const ALL: [Cell; 25] = [
    shared("w1", "W1 echo 32+8", Unit::Event),
    shared("w2-5", "W2 all to all, N=5", Unit::Event),
    shared("w2-50", "N=50", Unit::Event),
    shared("w2-200", "N=200", Unit::Event),
    shared("w3", "W3 idle, N=100", Unit::Event),
    shared("w4", "W4 replication", Unit::Event),
    shared("w5", "W5 crashes", Unit::Event),
    shared("startup", "startup", Unit::Simulation),
    shared("short", "short seeds", Unit::Rate),
    product_only("w1-heap", "W1, 256 bytes on the heap"),
    product_only("w1-faults", "W1, loss, delay and a cut"),
    product_only("w1-always", "W1, ten `always`"),
    product_only("w1-changed", "W1, ten `changed`"),
    product_only("w1-each", "W1, ten `always_each`"),
    product_only("w1-unique", "W1, ten `always_unique`"),
    product_only("w4-always", "W4, ten `always`"),
    product_only("disk", "disk, append and sync, N=20"),
    product_only("disk-timers", "timers of that loop"),
    product_only("calls", "calls in that loop, recorded"),
    product_only("peers-50", "8 peers, N=50"),
    product_only("peers-500", "N=500"),
    product_only("peers-5000", "N=5,000"),
    product_only("peers-5000-changed", "N=5,000, ten `changed`"),
    product_only("peers-5000-each", "N=5,000, ten `always_each`"),
    product_only("peers-5000-unique", "N=5,000, ten `always_unique`"),
];

impl Cell {
    /// All cells, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.into_iter()
    }

    /// Finds a cell by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|cell| cell.name == name)
    }

    /// The name on the command line of the benches.
    pub fn name(self) -> &'static str {
        self.name
    }
}
