//! The one door for people and CI.
fn main() {}
