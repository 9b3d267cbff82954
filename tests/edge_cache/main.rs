//! The edge cache as its users meet it: a scenario file in, a report out.
//!
//! [`users_scenario`]: the first users' file, from end to end. [`chaos`]: loss, delay, reordering and cuts, each at nothing and at
//! all. [`steps`] and [`timing`]: what happens in the course of a run, and how fast. [`lag`]: a router that falls behind, and edges
//! that refuse old versions. [`control`]: without chaos nothing is violated. [`table`] and [`counters`]: each counter with its cause
//! and without. [`conservation`]: the sums of a thousand random runs. [`oracle`]: a second judge of every read. [`trace`]: the first
//! violations name edge and client as the file does. [`forms`]: clients as machines and as async functions do the same.

mod chaos;
mod conservation;
mod control;
mod counters;
mod forms;
mod lag;
mod measured;
mod oracle;
mod random;
mod steps;
mod table;
mod timing;
mod trace;
mod users_scenario;
