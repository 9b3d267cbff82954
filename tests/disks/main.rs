//! Nodes that remember: what their disks keep and lose.

mod counter;
mod events;
mod fault_kinds;
mod faults_any;
mod faults_bytes;
mod faults_errors;
mod faults_lives;
mod faults_random;
mod faults_syncs;
mod faults_waits;
mod in_flight;
mod journal;
mod journal_errors;
mod machine_log;
mod order;
mod program;
mod promise;
mod recipe;
