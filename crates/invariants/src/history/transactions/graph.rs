//! Transactions as nodes, and what orders them as edges.

use super::anomaly::EdgeKind;

/// A node: a transaction by its index in the history, or a joint.
///
/// A joint stands between many transactions and many others, each of which depends on each of the first: two edges a
/// transaction instead of their product. An edge that leaves a joint has no kind; it continues the edge that entered.
pub(super) type Node = u32;

/// The kind of an edge, absent behind a joint.
pub(super) type Kind = Option<EdgeKind>;

/// A set of kinds of edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) fn of(kinds: &[EdgeKind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | 1 << *kind as u8))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the kind is one of these; an edge behind a joint always is.
    pub(super) fn contain(self, kind: Kind) -> bool {
        kind.is_none_or(|kind| self.0 >> kind as u8 & 1 == 1)
    }
}

/// Edges while they are collected.
#[derive(Debug)]
pub(super) struct Edges {
    transactions: u32,
    nodes: u32,
    list: Vec<(Node, Node, Kind)>,
}

impl Edges {
    pub(super) fn new(transactions: usize) -> Self {
        let transactions = transactions as u32;
        Self { transactions, nodes: transactions, list: Vec::new() }
    }

    /// Adds an edge, except from a transaction to itself.
    pub(super) fn add(&mut self, from: Node, to: Node, kind: EdgeKind) {
        if from != to {
            self.list.push((from, to, Some(kind)));
        }
    }

    /// Adds a joint.
    pub(super) fn joint(&mut self) -> Node {
        self.nodes += 1;
        self.nodes - 1
    }

    /// Adds an edge behind a joint.
    pub(super) fn add_behind(&mut self, joint: Node, to: Node) {
        self.list.push((joint, to, None));
    }

    /// Adds an edge from each to each, except from a transaction to itself; both in ascending order without repetition.
    ///
    /// Many edges are replaced by two chains of joints, of which one leads to each target and to those after it, the other to
    /// each and to those before it. A source that is a target itself enters both, beside its own place.
    pub(super) fn add_all(&mut self, sources: &[Node], targets: &[Node], kind: EdgeKind) {
        if sources.len() * targets.len() <= 4 * (sources.len() + targets.len()) {
            for (from, to) in sources.iter().flat_map(|from| targets.iter().map(move |to| (*from, *to))) {
                self.add(from, to, kind);
            }
            return;
        }
        let after: Vec<Node> = targets.iter().map(|_| self.joint()).collect();
        let before: Vec<Node> = targets.iter().map(|_| self.joint()).collect();
        for (place, target) in targets.iter().enumerate() {
            self.add_behind(after[place], *target);
            self.add_behind(before[place], *target);
            if place > 0 {
                self.add_behind(after[place - 1], after[place]);
                self.add_behind(before[place], before[place - 1]);
            }
        }
        for source in sources {
            match targets.binary_search(source) {
                Err(_) => self.add(*source, after[0], kind),
                Ok(place) => {
                    if place > 0 {
                        self.add(*source, before[place - 1], kind);
                    }
                    if place + 1 < targets.len() {
                        self.add(*source, after[place + 1], kind);
                    }
                }
            }
        }
    }

    /// Sorts the edges by where they begin; those of one node stay in the order in which they were added.
    pub(super) fn into_graph(self) -> Graph {
        let mut starts = vec![0_u32; self.nodes as usize + 1];
        for (from, ..) in &self.list {
            starts[*from as usize + 1] += 1;
        }
        for node in 1..starts.len() {
            starts[node] += starts[node - 1];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; self.list.len()];
        let mut kinds = vec![None; self.list.len()];
        for (from, to, kind) in self.list {
            let place = next[from as usize] as usize;
            next[from as usize] += 1;
            (targets[place], kinds[place]) = (to, kind);
        }
        Graph { transactions: self.transactions, starts, targets, kinds }
    }
}

/// Edges by where they begin.
#[derive(Debug)]
pub(super) struct Graph {
    transactions: u32,
    starts: Vec<u32>,
    targets: Vec<Node>,
    kinds: Vec<Kind>,
}

impl Graph {
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn edges(&self) -> usize {
        self.targets.len()
    }

    pub(super) fn is_joint(&self, node: Node) -> bool {
        node >= self.transactions
    }

    /// Returns the places of the edges that begin at a node.
    pub(super) fn from(&self, node: Node) -> std::ops::Range<u32> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    /// Returns where the edge at a place leads, and its kind.
    pub(super) fn edge(&self, place: u32) -> (Node, Kind) {
        (self.targets[place as usize], self.kinds[place as usize])
    }

    /// Returns the part between some nodes, which are numbered by their places among them; transactions come first there.
    ///
    /// `local` has a number for each node; those outside have `u32::MAX`.
    pub(super) fn part(&self, nodes: &[Node], local: &[u32]) -> Self {
        let transactions = nodes.iter().filter(|node| !self.is_joint(**node)).count();
        let mut edges = Edges { transactions: transactions as u32, nodes: nodes.len() as u32, list: Vec::new() };
        for (number, &node) in nodes.iter().enumerate() {
            for (to, kind) in self.from(node).map(|place| self.edge(place)) {
                if local[to as usize] != u32::MAX {
                    edges.list.push((number as u32, local[to as usize], kind));
                }
            }
        }
        edges.into_graph()
    }
}
