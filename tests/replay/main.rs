//! A run is shown again: by its decisions, by the file that holds all there is to know of it.

mod files;
mod pinned;
