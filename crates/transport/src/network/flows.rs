//! Flows: messages in flight by sender, receiver and port, for a run that ends because they are too many.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use cluster_sim_types::NodeId;

use super::Network;
use super::payload::MessageRef;
use super::ports::PortId;

/// Messages and segments in flight from one node to another on one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The name of the port.
    pub port: String,
    /// Messages that were neither received nor lost.
    pub messages: u64,
    /// Their encoded length.
    pub bytes: u64,
    /// Segments of sessions on their way.
    pub segments: u64,
    /// The text of one of the messages.
    pub example: Option<String>,
}

/// The sums of a flow.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    messages: u64,
    bytes: u64,
    segments: u64,
    example: Option<MessageRef>,
}

impl Sums {
    fn add(&mut self, message: MessageRef, length: u32) {
        self.messages += 1;
        self.bytes += u64::from(length);
        self.example = Some(message);
    }
}

impl Network {
    /// Lists the flows, the largest first. Visits everything in flight.
    pub fn flows(&self) -> Vec<Flow> {
        let mut sums: BTreeMap<(NodeId, NodeId, PortId), Sums> = BTreeMap::new();
        for flight in self.datagrams.in_flight() {
            sums.entry((flight.from, flight.to, flight.sent_to.port())).or_default().add(flight.message(), flight.length);
        }
        for (link, message, length) in self.sessions.messages() {
            sums.entry(link).or_default().add(message, length);
        }
        for link in self.sessions.segments_on_links() {
            sums.entry(link).or_default().segments += 1;
        }
        let flow = |((from, to, port), Sums { messages, bytes, segments, example }): (_, Sums)| {
            let (port, example) = (self.ports.name(port).to_owned(), example.and_then(|message| self.payloads.text(message)));
            Flow { from, to, port, messages, bytes, segments, example }
        };
        let mut flows: Vec<Flow> = sums.into_iter().map(flow).collect();
        flows.sort_by_key(|flow| Reverse((flow.messages, flow.segments)));
        flows
    }
}
