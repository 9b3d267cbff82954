//! A bank: money moves between accounts, and none is made or lost.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// Accounts with balances; a transfer that an account cannot pay is refused.
#[derive(Debug, Clone)]
pub struct Bank<K> {
    balances: BTreeMap<K, u64>,
}

impl<K> Default for Bank<K> {
    /// A bank without accounts.
    fn default() -> Self {
        Self { balances: BTreeMap::new() }
    }
}

impl<K: Ord> Bank<K> {
    /// A bank with these accounts and first balances.
    pub fn new(balances: impl IntoIterator<Item = (K, u64)>) -> Self {
        Self { balances: balances.into_iter().collect() }
    }
}

/// Requests of clients to a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BankOp<K> {
    /// Moves money.
    Transfer {
        /// The account that pays.
        from: K,
        /// The account that is paid.
        to: K,
        /// The money.
        amount: u64,
    },
    /// Asks for the balances of all accounts at one moment.
    Read,
}

/// Answers that clients hear.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BankAnswer<K: Ord> {
    /// The money was moved.
    Done,
    /// The account that should pay has too little, or one of the two does not exist.
    Refused,
    /// The balances; a correct bank has no negative one.
    Balances(BTreeMap<K, i64>),
}

impl<K: Clone + Ord + Hash + Debug> Bank<K> {
    /// The balances after a transfer; `None` if it must be refused.
    fn transferred(balances: &BTreeMap<K, u64>, from: &K, to: &K, amount: u64) -> Option<BTreeMap<K, u64>> {
        let mut next = balances.clone();
        let payer = next.get_mut(from)?;
        *payer = payer.checked_sub(amount)?;
        let payee = next.get_mut(to)?;
        *payee = payee.checked_add(amount)?;
        Some(next)
    }
}

impl<K: Clone + Ord + Hash + Debug> Model for Bank<K> {
    type Op = BankOp<K>;
    type Answer = BankAnswer<K>;
    type State = BTreeMap<K, u64>;
    type Key = ();

    fn key(&self, _: &BankOp<K>) {}

    fn initial(&self) -> BTreeMap<K, u64> {
        self.balances.clone()
    }

    fn step(&self, balances: &BTreeMap<K, u64>, op: &BankOp<K>, answer: Option<&BankAnswer<K>>) -> Option<BTreeMap<K, u64>> {
        match op {
            BankOp::Transfer { from, to, amount } => {
                let moved = Self::transferred(balances, from, to, *amount);
                let fits = match answer {
                    None => true,
                    Some(BankAnswer::Done) => moved.is_some(),
                    Some(BankAnswer::Refused) => moved.is_none(),
                    Some(BankAnswer::Balances(_)) => false,
                };
                fits.then(|| moved.unwrap_or_else(|| balances.clone()))
            }
            BankOp::Read => {
                let fits = match answer {
                    None => true,
                    Some(BankAnswer::Balances(shown)) => {
                        let signed = |(key, balance): (&K, &u64)| Some((key.clone(), i64::try_from(*balance).ok()?));
                        balances.iter().map(signed).collect::<Option<BTreeMap<K, i64>>>().as_ref() == Some(shown)
                    }
                    Some(BankAnswer::Done | BankAnswer::Refused) => false,
                };
                fits.then(|| balances.clone())
            }
        }
    }

    fn heap_bytes(&self, balances: &BTreeMap<K, u64>) -> usize {
        balances.len() * size_of::<(K, u64)>()
    }

    fn changes_nothing(&self, op: &BankOp<K>, answer: Option<&BankAnswer<K>>) -> bool {
        matches!((op, answer), (BankOp::Read, _) | (BankOp::Transfer { .. }, Some(BankAnswer::Refused)))
    }
}
