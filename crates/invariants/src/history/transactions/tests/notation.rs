//! Histories in a short notation, a line for each transaction.
//!
//! `0 1-4 x+1 y:1,2`: process 0 began at 1 µs and heard at 4 µs that it appended 1 to x and read `[1, 2]` from y. `x=1` writes a
//! register and `x:` reads one that was never written, or an empty list. `1-4!` aborted at 4, `1-?` heard nothing.

use super::*;
use crate::history::Process;
use cluster_sim_types::VirtualInstant;

/// One end of a transaction: it began, committed with what it heard, or aborted.
enum End<O, A> {
    Begin(O),
    Commit(A),
    Abort,
}

fn history<O, A>(lines: &str, parse: impl Fn(&str) -> (O, A)) -> History<Vec<O>, Vec<A>> {
    let mut events = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let process = Process(words.next().unwrap().parse().unwrap());
        let (start, end) = words.next().unwrap().split_once('-').unwrap();
        let (ops, answers) = words.map(&parse).unzip();
        events.push((start.parse::<u64>().unwrap(), process, End::Begin(ops)));
        match end.strip_suffix('!') {
            Some(end) => events.push((end.parse().unwrap(), process, End::Abort)),
            None if end == "?" => {}
            None => events.push((end.parse().unwrap(), process, End::Commit(answers))),
        }
    }
    events.sort_by_key(|(at, ..)| *at);
    let mut history = History::default();
    for (at, process, end) in events {
        let at = VirtualInstant::from_nanoseconds(1_000 * at);
        match end {
            End::Begin(ops) => history.invoke(process, at, ops),
            End::Commit(answers) => history.ok(process, at, answers),
            End::Abort => history.fail(process, at),
        }
        .unwrap();
    }
    history
}

pub(super) fn lists(lines: &str) -> AppendHistory<char, u32> {
    history(lines, |step| {
        let key = step.chars().next().unwrap();
        match &step[1..2] {
            "+" => (AppendOp::Append(key, step[2..].parse().unwrap()), AppendAnswer::Appended),
            _ => {
                let values = step[2..].split(',').filter(|value| !value.is_empty());
                (AppendOp::Read(key), AppendAnswer::List(values.map(|value| value.parse().unwrap()).collect()))
            }
        }
    })
}

pub(super) fn registers(lines: &str) -> WriteHistory<char, u32> {
    history(lines, |step| {
        let key = step.chars().next().unwrap();
        match &step[1..2] {
            "=" => (WriteOp::Write(key, step[2..].parse().unwrap()), WriteAnswer::Written),
            _ => (WriteOp::Read(key), WriteAnswer::Value(step[2..].parse().ok())),
        }
    })
}
