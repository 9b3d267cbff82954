//! The stream queue: the scenarios S01–S12 and what they show, its rules, and its storage on bad disks.

mod clients;
mod contract;
mod failures;
mod histories;
mod multi_node;
mod real;
mod rules;
mod seeds;
mod single_node;
mod storage;
mod traps;
mod watch;
