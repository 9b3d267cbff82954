//! Hand-written histories, brute force, and stores that are broken in known ways.

mod list_cases;
mod notation;

use super::*;
