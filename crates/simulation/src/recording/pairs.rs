//! Matches each delivery or loss with its send.
//!
//! Records do not number messages; they hold sender, receiver, label and content. Of several messages in flight that agree in all
//! of these the oldest is taken, except that a loss right after a send in the same step belongs to that send. A message of a
//! session is found by its number there. Where two messages of equal content overtake each other, their sends may be swapped;
//! whether each arrived is still right.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::NodeId;

use crate::event::Sent;

/// The key of a message in flight: sender, receiver, label, content.
type Address = (NodeId, NodeId, u64, u64);

/// A message that was sent, and neither delivered nor lost yet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UnderWay {
    message: u64,
    sent: Sent,
    text: Option<Arc<str>>,
    /// Its number in its session; 0 for a datagram.
    number: u32,
}

/// The message that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// Its number.
    pub(super) message: u64,
    /// Its send, if the event is a delivery or a loss.
    pub(super) sent: Option<Sent>,
    /// Its text, if that was captured.
    pub(super) text: Option<Arc<str>>,
}

/// All messages in flight.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    under_way: BTreeMap<Address, VecDeque<UnderWay>>,
    messages: u64,
    /// Step, index and address of the last send.
    last_send: Option<(u64, u64, Address)>,
}

impl Pairs {
    /// Takes the record with that step and event index. `text` finds the text of a message that was just sent, by its content.
    pub(super) fn take(
        &mut self,
        record: &Record,
        step: u64,
        index: u64,
        text: impl FnOnce(u64) -> Option<Arc<str>>,
    ) -> Option<Pair> {
        let (from, to) = match record.kind {
            RecordKind::Send | RecordKind::Copy | RecordKind::SessionSend | RecordKind::Drop => (record.node, record.peer),
            RecordKind::Deliver | RecordKind::SessionDeliver => (record.peer, record.node),
            _ => return None,
        };
        let address = (from, to, record.label, record.payload);
        match record.kind {
            RecordKind::Send | RecordKind::Copy | RecordKind::SessionSend => {
                Some(self.send(record, address, step, index, text(record.payload)))
            }
            RecordKind::Drop if self.last_send == index.checked_sub(1).map(|before| (step, before, address)) => {
                self.end(address, |queue| queue.len() - 1)
            }
            RecordKind::SessionDeliver => {
                self.end(address, |queue| queue.iter().position(|message| message.number == record.detail).unwrap_or(0))
            }
            _ => self.end(address, |_| 0),
        }
    }

    fn send(&mut self, record: &Record, address: Address, step: u64, index: u64, text: Option<Arc<str>>) -> Pair {
        let message = self.messages;
        self.messages += 1;
        let sent = Sent { index, at: record.at };
        let under_way = UnderWay { message, sent, text: text.clone(), number: record.detail };
        self.under_way.entry(address).or_default().push_back(under_way);
        self.last_send = Some((step, index, address));
        Pair { message, sent: None, text }
    }

    /// Removes one of the messages in flight with that address; `None` if its send was not recorded.
    fn end(&mut self, address: Address, which: impl FnOnce(&VecDeque<UnderWay>) -> usize) -> Option<Pair> {
        let queue = self.under_way.get_mut(&address)?;
        let ended = queue.remove(which(queue));
        if queue.is_empty() {
            self.under_way.remove(&address);
        }
        ended.map(|ended| Pair { message: ended.message, sent: Some(ended.sent), text: ended.text })
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_types::VirtualInstant;

    use super::*;

    const SEND: RecordKind = RecordKind::Send;
    const DELIVER: RecordKind = RecordKind::Deliver;
    const DROP: RecordKind = RecordKind::Drop;

    /// A record of a message between nodes 1 and 2; its instant is also its step.
    fn record(kind: RecordKind, at: u64, payload: u64) -> (Record, u64) {
        let of = Record::of(VirtualInstant::from_nanoseconds(at), kind, NodeId(1));
        let there = Record { peer: NodeId(2), label: 7, payload, ..of };
        let record = if matches!(kind, RecordKind::Deliver | RecordKind::SessionDeliver) {
            Record { node: there.peer, peer: there.node, ..there }
        } else {
            there
        };
        (record, at)
    }

    /// The message number of each record, and the instant of its send.
    fn matched(records: &[(Record, u64)]) -> Vec<Option<(u64, Option<u64>)>> {
        let mut matching = Pairs::default();
        let take = |(index, (record, step)): (usize, &(Record, u64))| {
            let Pair { message, sent, text } =
                matching.take(record, *step, index as u64, |content| Some(content.to_string().into()))?;
            assert_eq!(text.as_deref(), Some(record.payload.to_string().as_str()));
            Some((message, sent.map(|sent| sent.at.as_nanoseconds())))
        };
        records.iter().enumerate().map(take).collect()
    }

    #[test]
    fn a_delivery_matches_the_oldest_send_of_equal_content() {
        let records = [
            record(SEND, 1, 5),
            record(SEND, 2, 6),
            record(SEND, 3, 5),
            record(DELIVER, 4, 5),
            record(DELIVER, 5, 6),
            record(DELIVER, 6, 5),
        ];
        let expected = [(0, None), (1, None), (2, None), (0, Some(1)), (1, Some(2)), (2, Some(3))];
        assert_eq!(matched(&records), expected.map(Some));
    }

    #[test]
    fn a_loss_right_after_a_send_belongs_to_that_send() {
        let records = [record(SEND, 1, 5), record(SEND, 2, 5), record(DROP, 2, 5), record(DELIVER, 9, 5)];
        assert_eq!(matched(&records), [(0, None), (1, None), (1, Some(2)), (0, Some(1))].map(Some));
    }

    #[test]
    fn a_loss_on_arrival_matches_the_oldest_send() {
        let records = [record(SEND, 1, 5), record(SEND, 2, 5), record(DROP, 8, 5), record(DELIVER, 9, 5)];
        assert_eq!(matched(&records), [(0, None), (1, None), (0, Some(1)), (1, Some(2))].map(Some));
    }

    #[test]
    fn directions_are_matched_apart() {
        let (forth, _) = record(SEND, 1, 5);
        let back = Record { node: forth.peer, peer: forth.node, ..forth };
        let arrives = Record { kind: DELIVER, ..forth };
        assert_eq!(matched(&[(forth, 1), (back, 2), (arrives, 3)]), [(0, None), (1, None), (1, Some(1))].map(Some));
    }

    #[test]
    fn a_session_message_is_matched_by_its_number() {
        let numbered = |kind, at, number| {
            let (record, step) = record(kind, at, 5);
            (Record { detail: number, ..record }, step)
        };
        let [send, deliver] = [RecordKind::SessionSend, RecordKind::SessionDeliver];
        let records = [numbered(send, 1, 0), numbered(send, 2, 1), numbered(deliver, 3, 1), numbered(deliver, 4, 0)];
        assert_eq!(matched(&records), [(0, None), (1, None), (1, Some(2)), (0, Some(1))].map(Some));
    }

    #[test]
    fn a_delivery_without_a_recorded_send_matches_nothing() {
        assert_eq!(matched(&[record(DELIVER, 1, 5), record(RecordKind::Timer, 2, 5)]), [None, None]);
    }
}
