//! Machines of different message types share a session exactly if the types have one wire form.

use cluster_sim::Message;
use cluster_sim::node::ResetReason;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

/// Sends messages to node 1 at the start, and keeps what it receives.
struct Peer<M> {
    sends: Option<Vec<M>>,
    received: Vec<M>,
    reset: Option<ResetReason>,
}

impl<M: Message> Machine for Peer<M> {
    type Message = M;
    type View = Self;

    fn step(&mut self, _: LocalInstant, input: Input<M>, effects: &mut Effects<M>) {
        match input {
            Input::Start => self.sends.take().into_iter().flatten().for_each(|message| effects.session_send(NodeId(1), message)),
            Input::Message { message, .. } => self.received.push(message),
            Input::SessionReset { reason, .. } => self.reset = Some(reason),
            _ => {}
        }
    }

    fn view(&self) -> &Self {
        self
    }
}

fn peer<M: Message + Send + Sync>(sends: Option<Vec<M>>) -> impl Fn(&Boot) -> Peer<M> + Send + Sync + 'static {
    move |_| Peer { sends: sends.clone(), received: Vec::new(), reset: None }
}

fn received_across<A: Message + Send + Sync, B: Message + Send + Sync>(sends: Vec<A>) -> (Sim, Vec<B>) {
    let scenario = Scenario::new("two types").machines("one", 1, peer(Some(sends))).machines("other", 1, peer::<B>(None));
    let mut sim = scenario.start(Seed(7));
    sim.run_for(milliseconds(100));
    let received = sim.inspect(|world| world.view::<Peer<B>>(NodeId(1)).map(|peer| peer.received.clone()));
    (sim, received.expect("the node is up"))
}

#[test]
fn types_with_one_wire_form_share_a_session() {
    let (_, received) = received_across::<(u64, String), (u32, String)>(vec![(7, "k".to_owned()), (8, "l".to_owned())]);
    assert_eq!(received, [(7, "k".to_owned()), (8, "l".to_owned())]);
}

#[test]
fn an_undecodable_message_resets_both_sides() {
    let (sim, received) = received_across::<u64, bool>(vec![1, 300, 0, 1]);
    assert_eq!(received, [true], "only the message before it is received");
    let (one, other) = sim.inspect(|world| {
        let one = world.view::<Peer<u64>>(NodeId(0)).and_then(|peer| peer.reset);
        (one, world.view::<Peer<bool>>(NodeId(1)).and_then(|peer| peer.reset))
    });
    assert_eq!((one, other), (Some(ResetReason::Reset), Some(ResetReason::Undecodable)));
    let traffic = sim.inspect(|world| world.traffic());
    assert!(traffic.is_balanced() && traffic.in_flight == 0, "{traffic:?}");
    assert_eq!((traffic.dropped["undecodable"], traffic.dropped["session_reset"]), (1, 2));
}
