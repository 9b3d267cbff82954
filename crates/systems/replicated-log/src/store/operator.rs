//! An operator: moves leadership, and takes servers out of the configuration and back in.

use std::collections::VecDeque;

use cluster_sim_node::{ClockReadings, Label, LocalInstant, NodeId, Protocol, ProtocolEvent, ProtocolIdentity};

use super::config::Config;
use super::message::{Outgoing, StoreMessage, label_of};
use crate::replica::MemberChange;

/// Asks for one order after the other, of each server in turn until one has carried it out.
///
/// Each second order is a transfer, each other one takes a server out and then back in: in the end all are voters. A protocol without
/// IO; a new life begins by taking all back in.
#[derive(Debug)]
pub struct Operator {
    config: Config,
    orders: VecDeque<Order>,
    target: NodeId,
    /// How often it has asked; also the number of the last question.
    asked: u64,
    life: u32,
    deadline: Option<LocalInstant>,
    view: OperatorView,
}

/// The view of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OperatorView {
    /// Changes of the configuration that are in force.
    pub changed: u64,
    /// Transfers that a leader began.
    pub transferred: u64,
    /// Whether no order is left.
    pub is_done: bool,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Transfer(NodeId),
    Change(MemberChange),
}

impl Protocol for Operator {
    type Config = Config;
    type Message = StoreMessage;
    type View = OperatorView;

    fn boot(config: Config, identity: ProtocolIdentity) -> Self {
        let ProtocolIdentity { life, entropy, .. } = identity;
        let server = |number| NodeId(entropy.roll("order", number).below(u64::from(config.servers)) as u32);
        let all_in = (0..config.servers).filter(|_| life.0 > 0).map(|server| Order::Change(MemberChange::Add(NodeId(server))));
        let orders = (0..config.orders).flat_map(|number| match (number % 2, server(number)) {
            (0, server) => vec![Order::Transfer(server)],
            (_, server) => vec![Order::Change(MemberChange::Remove(server)), Order::Change(MemberChange::Add(server))],
        });
        let orders = all_in.chain(orders).collect();
        Self { config, orders, target: NodeId(0), asked: 0, life: life.0, deadline: None, view: OperatorView::default() }
    }

    fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent<StoreMessage>, outbox: &mut Outgoing) {
        let now = clocks.now;
        match event {
            ProtocolEvent::Start => self.deadline = Some(now + self.config.order_pause),
            ProtocolEvent::Tick => self.ask(now, outbox),
            ProtocolEvent::Message { message, .. } => self.on_message(now, &message),
            ProtocolEvent::Disk(_) => {}
        }
        self.view.is_done = self.orders.is_empty();
    }

    fn deadline(&self) -> Option<LocalInstant> {
        self.deadline.filter(|_| !self.view.is_done)
    }

    fn view(&self) -> OperatorView {
        self.view
    }

    fn label(message: &StoreMessage) -> Label {
        label_of(message)
    }
}

impl Operator {
    fn question(&self) -> u64 {
        u64::from(self.life) << 32 | self.asked
    }

    fn ask(&mut self, now: LocalInstant, outbox: &mut Outgoing) {
        let Some(order) = self.orders.front().copied() else { return };
        self.asked += 1;
        let question = self.question();
        outbox.send(
            self.target,
            match order {
                Order::Transfer(to) => StoreMessage::Transfer { question, to },
                Order::Change(change) => StoreMessage::Change { question, change },
            },
        );
        self.target = NodeId((self.target.0 + 1) % self.config.servers);
        self.deadline = Some(now + self.config.answer_timeout);
    }

    fn on_message(&mut self, now: LocalInstant, message: &StoreMessage) {
        match message {
            StoreMessage::Done { question } if *question == self.question() => {
                match self.orders.pop_front() {
                    Some(Order::Transfer(_)) => self.view.transferred += 1,
                    Some(Order::Change(_)) => self.view.changed += 1,
                    None => {}
                }
                // A copy of this answer is about no order any more.
                self.asked += 1;
                self.deadline = Some(now + self.config.order_pause);
            }
            StoreMessage::Refused { question, leader: Some(leader) } if *question == self.question() => self.target = *leader,
            _ => {}
        }
    }
}
