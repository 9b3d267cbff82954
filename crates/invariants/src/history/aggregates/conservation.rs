//! Transfers make no money and lose none.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::json;

use super::wrong_answer;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::models::{BankAnswer, BankOp};
use crate::history::operation::Completion;
use crate::history::record::History;

/// Checks that each snapshot of a bank has its accounts, its total, and no negative balance.
///
/// Decided at the answer.
#[derive(Debug, Clone)]
pub struct Conservation<K> {
    accounts: Vec<K>,
    total: i128,
    may_overdraw: bool,
    snapshots: u64,
    transfers: u64,
    refused: u64,
}

impl<K: Ord> Conservation<K> {
    /// Checks a bank with these accounts and first balances.
    pub fn new(balances: impl IntoIterator<Item = (K, i64)>) -> Self {
        let balances: BTreeMap<K, i64> = balances.into_iter().collect();
        let total = balances.values().map(|balance| i128::from(*balance)).sum();
        let accounts = balances.into_keys().collect();
        Self { accounts, total, may_overdraw: false, snapshots: 0, transfers: 0, refused: 0 }
    }

    /// Allows negative balances.
    #[must_use]
    pub fn may_overdraw(self) -> Self {
        Self { may_overdraw: true, ..self }
    }
}

impl<K: Ord + Debug> Conservation<K> {
    fn contradiction(&self, balances: &BTreeMap<K, i64>) -> Option<String> {
        if let Some(account) = balances.keys().find(|account| self.accounts.binary_search(account).is_err()) {
            return Some(format!("a snapshot shows account {account:?}, which the bank does not have"));
        }
        if let Some(account) = self.accounts.iter().find(|account| !balances.contains_key(account)) {
            return Some(format!("a snapshot does not show account {account:?}"));
        }
        let total: i128 = balances.values().map(|balance| i128::from(*balance)).sum();
        if total != self.total {
            return Some(format!("a snapshot shows {total} in all accounts, not {}", self.total));
        }
        let overdrawn = balances.iter().find(|(_, balance)| **balance < 0 && !self.may_overdraw)?;
        Some(format!("a snapshot shows {} in account {:?}", overdrawn.1, overdrawn.0))
    }
}

impl<K: Ord + Debug> Checker<BankOp<K>, BankAnswer<K>> for Conservation<K> {
    fn observe(&mut self, event: &HistoryEvent<'_, BankOp<K>, BankAnswer<K>>) -> Result<(), Contradiction> {
        let HistoryEvent::Completed { index, op, outcome: Completion::Ok { answer, .. }, .. } = event else { return Ok(()) };
        match (op, answer) {
            (BankOp::Transfer { .. }, BankAnswer::Done) => self.transfers += 1,
            (BankOp::Transfer { .. }, BankAnswer::Refused) => self.refused += 1,
            (BankOp::Read, BankAnswer::Balances(balances)) => {
                self.snapshots += 1;
                if let Some(message) = self.contradiction(balances) {
                    return Err(Contradiction { message, operations: vec![*index] });
                }
            }
            _ => return Err(wrong_answer(*index, op, answer)),
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<BankOp<K>, BankAnswer<K>>) -> Judgement {
        let measured = json!({ "snapshots": self.snapshots, "transfers": self.transfers, "refused": self.refused });
        Judgement { times_checked: self.snapshots, measured, ..Judgement::default() }
    }
}
