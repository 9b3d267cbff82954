//! Messages.

use serde::{Deserialize, Serialize};

/// A producer in one life; it numbers its batches from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProducerId(pub u64);
