//! Stores under faults: a correct one is never refused, and each of eleven broken ones is found once its bug shows.
//!
//! A bug *shows* when a symptom of it is in the history: a few calls, one after the other, that contradict each other whatever the
//! rest did. Symptoms are written out here, apart from the checkers.

#[path = "../chance/mod.rs"]
mod chance;
mod queues;
mod registers;
mod schedule;
mod sets;
