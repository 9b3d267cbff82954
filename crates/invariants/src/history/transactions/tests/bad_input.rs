//! Histories that cannot be judged.

use super::notation::{lists, registers};
use super::*;
use crate::history::{Process, check};
use cluster_sim_types::VirtualInstant;

fn answered(steps: Vec<AppendOp<char, u32>>, answers: Vec<AppendAnswer<u32>>) -> AppendHistory<char, u32> {
    let mut history = AppendHistory::default();
    history.invoke(Process(0), VirtualInstant::from_nanoseconds(1), steps).unwrap();
    history.ok(Process(0), VirtualInstant::from_nanoseconds(2), answers).unwrap();
    history
}

#[test]
fn a_value_written_twice_is_refused() {
    let error = TransactionError::WrittenTwice { key: "'x'".to_owned(), value: "1".to_owned(), first: 0, second: 1 };
    assert_eq!(Transactions::read_write().analyze(&registers("0 1-2 x=1 \n 1 3-4! x=1")), Err(error.clone()));
    assert_eq!(Transactions::list_append().analyze(&lists("0 1-2 x+1 \n 1 3-4 x+1")), Err(error.clone()));
    assert_eq!(Transactions::list_append().analyze(&lists("0 1-2 x+1 \n 1 3-4 y+1")).unwrap().counts.len(), 0);
    let judgement = check(&mut Transactions::read_write(), &registers("0 1-2 x=1 \n 1 3-4! x=1"));
    assert_eq!(judgement.unknown, Some(error.to_string()));
    assert!(error.to_string().ends_with("write each value to a key only once, also when a transaction is tried again"));
}

#[test]
fn an_answer_of_another_length_is_refused() {
    let history = answered(vec![AppendOp::Read('x'), AppendOp::Append('x', 1)], vec![AppendAnswer::List(vec![])]);
    let error = TransactionError::AnswerLength { operation: 0, steps: 2, answers: 1 };
    assert_eq!(error.to_string(), "operation 0 has 2 steps and its answer 1 parts: record one part for each step");
    assert_eq!(Transactions::list_append().analyze(&history), Err(error));
}

#[test]
fn an_answer_of_another_kind_is_refused() {
    for (step, answer, is_read) in
        [(AppendOp::Read('x'), AppendAnswer::Appended, true), (AppendOp::Append('x', 1), AppendAnswer::List(vec![]), false)]
    {
        let error = TransactionError::AnswerKind { operation: 0, step: 0, is_read };
        assert!(error.to_string().ends_with("record answers in the order of the steps"));
        assert_eq!(Transactions::list_append().analyze(&answered(vec![step], vec![answer])), Err(error));
    }
}

#[test]
fn transactions_survive_json() {
    let steps = vec![AppendOp::Append('x', 1), AppendOp::Read('x')];
    let text = serde_json::to_string(&steps).unwrap();
    assert_eq!(text, r#"[{"append":["x",1]},{"read":"x"}]"#);
    assert_eq!(serde_json::from_str::<Vec<AppendOp<char, u32>>>(&text).unwrap(), steps);
    let answers = vec![WriteAnswer::Written, WriteAnswer::Value(Some(3)), WriteAnswer::Value(None)];
    let text = serde_json::to_string(&answers).unwrap();
    assert_eq!(text, r#"["written",{"value":3},{"value":null}]"#);
    assert_eq!(serde_json::from_str::<Vec<WriteAnswer<u32>>>(&text).unwrap(), answers);
}
