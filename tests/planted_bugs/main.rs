//! Every planted bug is found by its rule and minimized to the faults and decisions it needs.

mod minimize;
mod search;
