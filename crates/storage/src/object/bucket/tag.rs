//! Entity tags.
//!
//! As in S3, the tag of an object is a function of its bytes: an object that was replaced by another one and written back matches
//! its first tag again. It has 128 bits here, from a mixing function rather than MD5: nothing in a simulation forges bytes.

use cluster_sim_runtime::{finalize, fold, fold_bytes};

fn digest(start: u64, content: &[u8]) -> u64 {
    finalize(fold(fold_bytes(start, content), content.len() as u64))
}

/// The tag of bytes that were written at once, with its quotes.
pub(super) fn tag_of(content: &[u8]) -> String {
    format!("\"{:016x}{:016x}\"", digest(1, content), digest(2, content))
}

/// The tag of an object that was uploaded in parts of these tags.
pub(super) fn tag_of_parts<'a>(tags: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = tags.len();
    let joined = tags.collect::<String>();
    format!("\"{:016x}{:016x}-{count}\"", digest(1, joined.as_bytes()), digest(2, joined.as_bytes()))
}
