//! Nodes that remember: what their disks keep and lose.

mod counter;
mod events;
mod faults_bytes;
mod faults_errors;
mod faults_lives;
mod faults_random;
mod faults_syncs;
mod faults_waits;
mod journal;
mod order;
mod program;
mod promise;
