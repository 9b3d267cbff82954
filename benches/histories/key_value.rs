//! Histories of texts by key: Porcupine's key-value log of 50 clients.

use cluster_sim_invariants::history::models::{TextAnswer, TextOp};

use super::{Chance, History, Object, Shape, record};

pub(crate) type Op = (u8, TextOp);
pub(crate) type Answer = TextAnswer;

#[derive(Debug)]
struct Texts {
    texts: [String; 10],
    requests: u32,
}

impl Object for Texts {
    type Op = Op;
    type Answer = Answer;

    fn ask(&mut self, client: u32, chance: &mut Chance) -> Op {
        let key = chance.below(10) as u8;
        self.requests += 1;
        let text = format!("x {client} {} y", self.requests);
        let op = match chance.below(10) {
            0..5 => TextOp::Get,
            5..9 => TextOp::Append(text),
            _ => TextOp::Put(text),
        };
        (key, op)
    }

    fn apply(&mut self, (key, op): &Op, _: &mut Chance) -> Answer {
        let text = &mut self.texts[usize::from(*key)];
        match op {
            TextOp::Get => return TextAnswer::Is(text.clone()),
            TextOp::Put(next) => text.clone_from(next),
            TextOp::Append(more) => text.push_str(more),
        }
        TextAnswer::Done
    }
}

/// Records gets, puts and appends over ten keys.
pub(crate) fn key_value(clients: u32, operations: usize) -> History<Op, Answer> {
    let mut object = Texts { texts: Default::default(), requests: 0 };
    record(&mut object, Shape { clients, operations, open: 0 }, &mut Chance::new(50))
}
