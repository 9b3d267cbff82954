//! Replaying a run from its decisions and from a reproducer file.

mod files;
mod pinned;
