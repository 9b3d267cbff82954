//! The command `cluster-sim`.
fn main() {}
