//! Strongly connected components: nodes that each lead to each other.

use super::graph::{Graph, Kind, Node};

/// The components of a graph.
#[derive(Debug)]
pub(super) struct Components {
    /// The component of each node. An edge leads to its own component or to one with a lower number.
    pub(super) of: Vec<u32>,
    /// The components of more than one node, by their lowest node; nodes in ascending order.
    pub(super) cyclic: Vec<Vec<Node>>,
}

const UNVISITED: u32 = u32::MAX;

/// Finds the components over those edges that are allowed: Tarjan's algorithm without recursion.
pub(super) fn find_components(graph: &Graph, is_allowed: impl Fn(Node, Kind, Node) -> bool) -> Components {
    let nodes = graph.len();
    let mut of = vec![UNVISITED; nodes];
    let mut order = vec![UNVISITED; nodes];
    let mut low = vec![0_u32; nodes];
    let (mut count, mut components) = (0, 0);
    let mut open: Vec<Node> = Vec::new();
    let mut path: Vec<(Node, u32)> = Vec::new();
    let mut cyclic = Vec::new();
    for root in 0..nodes as Node {
        if order[root as usize] != UNVISITED {
            continue;
        }
        path.push((root, graph.from(root).start));
        while let Some((node, place)) = path.pop() {
            let at = node as usize;
            if order[at] == UNVISITED {
                (order[at], low[at]) = (count, count);
                count += 1;
                open.push(node);
            }
            let mut entered = None;
            for edge in place..graph.from(node).end {
                let (to, kind) = graph.edge(edge);
                if !is_allowed(node, kind, to) || of[to as usize] != UNVISITED {
                    continue;
                }
                if order[to as usize] == UNVISITED {
                    entered = Some((to, edge));
                    break;
                }
                low[at] = low[at].min(low[to as usize]);
            }
            if let Some((to, edge)) = entered {
                path.push((node, edge)); // Looks at this edge again, to learn how far `to` got.
                path.push((to, graph.from(to).start));
            } else if low[at] == order[at] {
                let start = open.iter().rposition(|member| *member == node).unwrap_or_default();
                for member in &open[start..] {
                    of[*member as usize] = components;
                }
                if open.len() - start > 1 {
                    let mut members = open[start..].to_vec();
                    members.sort_unstable();
                    cyclic.push(members);
                }
                open.truncate(start);
                components += 1;
            }
        }
    }
    cyclic.sort_unstable_by_key(|members| members[0]);
    Components { of, cyclic }
}
