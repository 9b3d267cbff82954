//! Machines of different message types stream to each other as far as their messages have one form on a wire.

use cluster_sim::prelude::*;
use cluster_sim::{Message, ResetReason};
use cluster_sim_testkit::units::milliseconds;

/// Streams what it is given to the next node at the start, and keeps what it takes in.
struct Speaker<M> {
    says: Option<Vec<M>>,
    heard: Vec<M>,
    reset: Option<ResetReason>,
}

impl<M: Message> Machine for Speaker<M> {
    type Message = M;
    type View = Self;

    fn step(&mut self, _: LocalInstant, input: Input<M>, effects: &mut Effects<M>) {
        match input {
            Input::Start => self.says.take().into_iter().flatten().for_each(|message| effects.session_send(NodeId(1), message)),
            Input::Message { message, .. } => self.heard.push(message),
            Input::SessionReset { reason, .. } => self.reset = Some(reason),
            _ => {}
        }
    }

    fn view(&self) -> &Self {
        self
    }
}

fn speaker<M: Message + Send + Sync>(says: Option<Vec<M>>) -> impl Fn(&NodeInfo) -> Speaker<M> + Send + Sync + 'static {
    move |_| Speaker { says: says.clone(), heard: Vec::new(), reset: None }
}

fn heard_across<A: Message + Send + Sync, B: Message + Send + Sync>(says: Vec<A>) -> (Sim, Vec<B>) {
    let scenario = Scenario::new("two types").machines("one", 1, speaker(Some(says))).machines("other", 1, speaker::<B>(None));
    let mut sim = scenario.start(Seed(7));
    sim.run_for(milliseconds(100));
    let heard = sim.inspect(|world| world.view::<Speaker<B>>(NodeId(1)).map(|speaker| speaker.heard.clone()));
    (sim, heard.expect("the node is up"))
}

#[test]
fn machines_of_types_with_one_wire_form_understand_each_other() {
    let (_, heard) = heard_across::<(u64, String), (u32, String)>(vec![(7, "k".to_owned()), (8, "l".to_owned())]);
    assert_eq!(heard, [(7, "k".to_owned()), (8, "l".to_owned())]);
}

#[test]
fn a_message_that_is_not_understood_breaks_the_session_for_both() {
    let (sim, heard) = heard_across::<u64, bool>(vec![1, 300, 0, 1]);
    assert_eq!(heard, [true], "what comes before it is taken in, what comes after it is not");
    let (one, other) = sim.inspect(|world| {
        let one = world.view::<Speaker<u64>>(NodeId(0)).and_then(|speaker| speaker.reset);
        (one, world.view::<Speaker<bool>>(NodeId(1)).and_then(|speaker| speaker.reset))
    });
    assert_eq!((one, other), (Some(ResetReason::Reset), Some(ResetReason::Undecodable)));
    let traffic = sim.inspect(|world| world.traffic());
    assert!(traffic.is_balanced() && traffic.in_flight == 0, "{traffic:?}");
    assert_eq!((traffic.dropped["undecodable"], traffic.dropped["session_reset"]), (1, 2));
}
