//! Each rule finds what it is about, and lets pass what is right.

use cluster_sim::node::{Incarnation, WallTime};
use cluster_sim::prelude::*;
use cluster_sim_ledger::rules::{Acknowledgements, FreshReads, KeepsEpochs, KeepsVouched, OneHistory, OnePrimary};
use cluster_sim_ledger::{Body, Deposit, Entry, LedgerFact, RequestId, StoreView};

use crate::puppet::{Line, backup, judge};

fn request(number: u64) -> RequestId {
    RequestId { client: NodeId(3), life: Incarnation(0), number }
}

fn deposit(number: u64) -> Deposit {
    Deposit { request: request(number), amount: 10, time: WallTime::ZERO }
}

fn committed(epoch: u64, index: u64, number: u64) -> Line {
    Line::Fact(LedgerFact::Committed { entry: Entry { epoch, index, body: Body::Deposit(deposit(number)) } })
}

fn asked(number: u64) -> Line {
    Line::Fact(LedgerFact::Asked { deposit: deposit(number), attempt: 0 })
}

fn acknowledged(number: u64, index: u64) -> Line {
    Line::Fact(LedgerFact::Acknowledged { request: request(number), index })
}

fn asked_balance(number: u64) -> Line {
    Line::Fact(LedgerFact::AskedBalance { request: request(number), attempt: 0 })
}

fn balance(number: u64, commit: u64, balance: u64) -> Line {
    Line::Fact(LedgerFact::ReadBalance { request: request(number), commit, balance })
}

fn vouched(epoch: u64, upto: u64) -> Line {
    Line::Fact(LedgerFact::Vouched { epoch, upto })
}

#[track_caller]
fn assert_found(found: Option<String>, part: &str) {
    assert!(found.as_ref().is_some_and(|message| message.contains(part)), "{found:?}");
}

#[test]
fn a_second_entry_of_a_number_is_a_violation() {
    assert_eq!(judge(OneHistory::default, &[committed(1, 1, 0), committed(1, 1, 0), committed(1, 2, 1)]), None);
    assert_found(judge(OneHistory::default, &[committed(1, 1, 0), committed(2, 1, 1)]), "had been committed under that number");
}

#[test]
fn a_gap_and_a_second_entry_of_a_request_are_violations() {
    assert_found(judge(OneHistory::default, &[committed(1, 2, 0)]), "0 entries had been committed");
    assert_found(judge(OneHistory::default, &[committed(1, 1, 0), committed(1, 2, 0)]), "it was entry 1 already");
}

#[test]
fn an_acknowledgement_of_another_entry_or_none_is_a_violation() {
    let made = [committed(1, 1, 0), asked(0)];
    assert_eq!(judge(Acknowledgements::default, &[made[0], made[1], acknowledged(0, 1)]), None);
    assert_found(judge(Acknowledgements::default, &[made[0], asked(1), acknowledged(1, 1)]), "is entry 1, which is Some(Some(");
    assert_found(judge(Acknowledgements::default, &[asked(0), acknowledged(0, 1)]), "is entry 1, which is None");
    assert_found(judge(Acknowledgements::default, &[made[0], acknowledged(0, 1)]), "which it did not make");
}

#[test]
fn an_entry_before_one_acknowledged_earlier_is_a_violation() {
    let entries = [committed(1, 1, 0), committed(1, 2, 1)];
    let concurrent = [asked(0), asked(1), entries[0], entries[1], acknowledged(1, 2), acknowledged(0, 1)];
    assert_eq!(judge(Acknowledgements::default, &concurrent), None);
    let later = [asked(1), entries[0], entries[1], acknowledged(1, 2), asked(0), acknowledged(0, 1)];
    assert_found(judge(Acknowledgements::default, &later), "after entry 2 was acknowledged, and was told that it is 1");
}

#[test]
fn a_read_of_less_than_was_acknowledged_is_a_violation() {
    let entries = [committed(1, 1, 0), committed(1, 2, 1), acknowledged(1, 2)];
    let fresh = [entries[0], entries[1], asked_balance(7), entries[2], balance(7, 1, 10)];
    assert_eq!(judge(FreshReads::default, &fresh), None, "the deposit was concurrent");
    let stale = [entries[0], entries[1], entries[2], asked_balance(7), balance(7, 1, 10)];
    assert_found(judge(FreshReads::default, &stale), "asked when entry 2 was known to clients");
}

#[test]
fn a_read_of_another_sum_is_a_violation() {
    assert_found(judge(FreshReads::default, &[committed(1, 1, 0), asked_balance(7), balance(7, 1, 11)]), "read 11 after entry 1");
}

#[test]
fn an_epoch_that_is_led_twice_is_a_violation() {
    let leads = |epoch| Line::Fact(LedgerFact::Leads { epoch });
    assert_eq!(judge(OnePrimary::default, &[leads(1), leads(4)]), None);
    assert_found(judge(OnePrimary::default, &[leads(1), leads(1)]), "leads epoch 1, which store/0 led in life 0");
}

#[test]
fn an_earlier_epoch_is_a_violation_unless_the_store_learned_anew() {
    assert_found(judge(KeepsEpochs::default, &[backup(4, 0), backup(3, 0)]), "was in epoch 4, and is in epoch 3 again");
    let learner = Line::View(StoreView { status: cluster_sim_ledger::Status::Learner, ..StoreView::default() });
    assert_eq!(judge(KeepsEpochs::default, &[backup(4, 0), learner, backup(3, 0)]), None);
}

#[test]
fn a_member_without_an_entry_that_it_vouched_for_is_a_violation() {
    let until_committed = [vouched(1, 1), committed(1, 1, 0)];
    let lost = judge(KeepsVouched::default, &[until_committed[0], until_committed[1], backup(2, 0)]);
    assert_found(lost, "vouched for entry 1, which is committed, and has 0 entries");
    assert_eq!(judge(KeepsVouched::default, &[until_committed[0], backup(2, 0)]), None, "it was not committed");
    let other = [vouched(1, 1), committed(2, 1, 0), backup(2, 0)];
    assert_eq!(judge(KeepsVouched::default, &other), None, "it vouched for another entry of that number");
}
