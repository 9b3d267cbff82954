//! Nodes of different message types understand each other exactly if the types have one wire form.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use cluster_sim::Message;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

use crate::sender::{by_name, causes};

/// Sends its first peer one message at the start, and keeps what it receives.
struct Sender<M> {
    to: Option<NodeId>,
    what: fn() -> M,
    heard: Vec<M>,
    kind: PhantomData<M>,
}

impl<M: Message> Machine for Sender<M> {
    type Message = M;
    type View = Vec<M>;

    fn step(&mut self, _: LocalInstant, input: Input<M>, effects: &mut Effects<M>) {
        match (input, self.to) {
            (Input::Start, Some(to)) => effects.send(to, (self.what)()),
            (Input::Message { message, .. }, _) => self.heard.push(message),
            _ => {}
        }
    }

    fn view(&self) -> &Vec<M> {
        &self.heard
    }
}

/// The message of a node of `A` as a node of `B` receives it, and the drops by cause.
fn heard_across<A: Message, B: Message>(what: fn() -> A, unused: fn() -> B) -> (Vec<B>, BTreeMap<String, u64>) {
    let one = move |_: &Boot| Sender { to: Some(NodeId(1)), what, heard: Vec::new(), kind: PhantomData };
    let other = move |_: &Boot| Sender { to: None, what: unused, heard: Vec::new(), kind: PhantomData };
    let scenario = Scenario::new("two types").machines("one", 1, one).machines("other", 1, other);
    let mut sim = scenario.start(Seed(7));
    sim.run_for(milliseconds(50));
    let heard = sim.inspect(|world| world.view::<Vec<B>>(NodeId(1)).cloned().unwrap_or_default());
    let traffic = sim.inspect(|world| world.traffic());
    assert!(traffic.is_balanced() && traffic.sent == 1 && traffic.in_flight == 0, "{traffic:?}");
    assert_eq!(traffic.delivered, heard.len() as u64);
    (heard, by_name(traffic))
}

/// A request as the first version writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Request {
    id: u64,
    key: String,
}

/// The request as another program reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Query {
    number: u64,
    about: String,
}

/// The request of a later version, with another field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Longer {
    id: u64,
    key: String,
    urgent: bool,
}

fn request() -> Request {
    Request { id: 7, key: "k".to_owned() }
}

fn query() -> Query {
    Query { number: 0, about: String::new() }
}

fn longer() -> Longer {
    Longer { id: 7, key: "k".to_owned(), urgent: true }
}

/// p6.
#[test]
fn types_with_one_wire_form_understand_each_other() {
    assert_eq!(heard_across(request, query), (vec![Query { number: 7, about: "k".to_owned() }], causes([])));
    assert_eq!(heard_across(request, || (0_u64, String::new())), (vec![(7, "k".to_owned())], causes([])));
}

#[test]
fn values_of_one_type_are_passed_without_encoding() {
    assert_eq!(heard_across(request, request), (vec![request()], causes([])));
}

/// n7, p6.
#[test]
fn an_undecodable_message_is_dropped_as_undecodable() {
    let lost = causes([("undecodable", 1)]);
    assert_eq!(heard_across(|| 300_u64, || true), (vec![], lost.clone()));
    assert_eq!(heard_across(request, longer), (vec![], lost.clone()), "a field is missing");
    assert_eq!(heard_across(longer, request), (vec![], lost), "bytes are left over: nothing is guessed");
}
