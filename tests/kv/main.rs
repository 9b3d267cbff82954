//! The key-value store: its histories are linearizable under every fault that it claims to survive, in both forms.

mod coverage;
mod sessions;
mod sound;
mod styles;
mod traps;
