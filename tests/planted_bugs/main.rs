//! Planted bugs: each is found by the rule that is there for it, and its story comes down to what it takes.

mod finding;
mod shrinking;
