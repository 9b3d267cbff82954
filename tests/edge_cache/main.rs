//! The edge cache from a scenario file to its report.
//!
//! [`users_scenario`]: the first users' file. [`chaos`]: loss, delay, reordering and cuts, at their least and their most.
//! [`steps`] and [`timing`]: steps during a run, and speed. [`lag`]: a router that falls behind, and version-gated edges.
//! [`control`]: without chaos nothing is violated. [`table`] and [`counters`]: each counter with and without its cause.
//! [`conservation`]: the sums of a thousand random runs. [`oracle`]: a second implementation of the read checks. [`trace`]: the
//! first violations name edge and client as the file does. [`node_style`]: clients as machines and as async functions behave alike.

mod chaos;
mod conservation;
mod control;
mod counters;
mod lag;
mod measured;
mod node_style;
mod oracle;
mod random;
mod steps;
mod table;
mod timing;
mod trace;
mod users_scenario;
