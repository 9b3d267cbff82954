//! Histories of whole runs: what clients saw, as a rule of a scenario and as a recording of a real run.

mod cycles;
mod logs;
mod nodes;
mod real;
mod rules;
