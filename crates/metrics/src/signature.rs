//! A one-line summary of a run, for snapshot tests.

use std::fmt::{self, Write};

use serde::{Serialize, Serializer};

/// A readable line `key=value key=value …` in insertion order, followed by a short hash of it.
///
/// Put it into a snapshot: the diff shows which value changed, and the hash makes two long lines easy to compare. The hash covers
/// nothing beyond the line.
///
/// Values are any [`Display`](fmt::Display). Add integers, or text that is equal on every platform.
///
/// ```
/// use cluster_sim_metrics::Signature;
///
/// let signature = Signature::new().with("reads", 12).with("ttc_p99_ms", 140);
/// assert_eq!(signature.line(), "reads=12 ttc_p99_ms=140");
/// assert_eq!(signature.to_string(), "reads=12 ttc_p99_ms=140 #ad099da7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Signature {
    line: String,
}

impl Signature {
    /// Creates an empty signature, which prints as its hash alone.
    pub const fn new() -> Self {
        Self { line: String::new() }
    }

    /// Appends one value.
    ///
    /// White space, control characters and the backslash in a value are written as Rust escapes (`\u{20}`, `\\`), so that
    /// splitting the line at spaces recovers the pairs and different values never print alike. An empty value prints as `key=`.
    ///
    /// # Panics
    /// If `key` is empty, holds anything but `a` to `z`, `0` to `9`, `_` and `.`, or was used before: keys are written in code,
    /// and a duplicate would hide a value.
    #[must_use = "a signature is a value; this returns the longer one"]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        assert!(
            !key.is_empty() && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.')),
            "{key:?} is not a valid signature key; use a-z, 0-9, _ and ."
        );
        assert!(
            self.line.split(' ').all(|pair| pair.split_once('=').is_none_or(|(used, _)| used != key)),
            "the key {key:?} is already in the signature `{}`; use another one",
            self.line
        );
        if !self.line.is_empty() {
            self.line.push(' ');
        }
        self.line.push_str(key);
        self.line.push('=');
        write!(Escaping(&mut self.line), "{value}").expect("writing to a string fails only if the value's Display does");
        self
    }

    /// Returns the line without its hash.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Hashes the line: 64-bit FNV-1a over its UTF-8 bytes, xor-folded to 32 bits.
    ///
    /// Test vectors fix the function. It detects changes, not forgeries.
    ///
    /// Source: Fowler, Noll, Vo, Eastlake and Hansen, "The FNV Non-Cryptographic Hash Algorithm", draft-eastlake-fnv, which also
    /// describes the folding.
    pub const fn short_hash(&self) -> u32 {
        let hash = fnv1a(self.line.as_bytes());
        (hash >> 32) as u32 ^ hash as u32
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.line.is_empty() {
            write!(formatter, "{} ", self.line)?;
        }
        write!(formatter, "#{:08x}", self.short_hash())
    }
}

/// Serializes as the printed text, hash included.
impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Escapes the characters of a value that could be read as the separator.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                _ if character.is_whitespace() || character.is_control() => self.0.extend(character.escape_unicode()),
                _ => self.0.push(character),
            }
        }
        Ok(())
    }
}

const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        index += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_hashes_hold_for_ever() {
        // The first four are the published 64-bit vectors of FNV-1a.
        assert_eq!(
            ["", "a", "foobar", "chongo was here!\n"].map(|text| fnv1a(text.as_bytes())),
            [0xcbf29ce484222325, 0xaf63dc4c8601ec8c, 0x85944171f73967e8, 0x46810940eff5f915]
        );
        assert_eq!(Signature::new().to_string(), "#4fd0bfc1");
        assert_eq!(Signature::new().with("reads", 12).to_string(), "reads=12 #a4a94e7e");
    }

    #[test]
    fn values_keep_insertion_order() {
        let one = Signature::new().with("b", 1).with("a", 2);
        let other = Signature::new().with("a", 2).with("b", 1);
        assert_eq!((one.line(), other.line()), ("b=1 a=2", "a=2 b=1"));
        assert_ne!(one.short_hash(), other.short_hash());
    }

    #[test]
    fn splitting_the_line_at_spaces_recovers_every_pair() {
        let signature = Signature::new()
            .with("scenario", "two regions\n#1 c=3")
            .with("path", r"a\u{20}b")
            .with("none", "")
            .with("wide", "a\u{3000}b")
            .with("name", "Zürich");
        let pairs: Vec<_> = signature.line().split(' ').filter_map(|pair| pair.split_once('=')).collect();
        assert_eq!(
            pairs,
            [
                ("scenario", r"two\u{20}regions\u{a}#1\u{20}c=3"),
                ("path", r"a\\u{20}b"),
                ("none", ""),
                ("wide", r"a\u{3000}b"),
                ("name", "Zürich"),
            ]
        );
    }

    #[test]
    fn different_values_have_different_hashes() {
        let mut seen = std::collections::BTreeSet::new();
        assert!(
            (0..10_000).all(|value| seen.insert(Signature::new().with("value", value).short_hash())),
            "two values have one hash"
        );
    }

    #[test]
    fn serialization_equals_the_printed_text() {
        /// Prints through serde: a formatter is a serializer of plain values.
        struct Serialized<'a>(&'a Signature);

        impl fmt::Display for Serialized<'_> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.serialize(formatter)
            }
        }

        let signature = Signature::new().with("reads", 12);
        assert_eq!(Serialized(&signature).to_string(), "reads=12 #a4a94e7e");
    }

    #[test]
    fn an_invalid_key_panics() {
        for key in ["", "Reads", "a b", "a=b", "a-b", "#a", "é"] {
            std::panic::catch_unwind(|| Signature::new().with(key, 1)).expect_err(key);
        }
    }

    #[test]
    #[should_panic(expected = "\"reads\" is already in the signature `reads=1 writes=2`")]
    fn a_duplicate_key_panics() {
        let _ = Signature::new().with("reads", 1).with("writes", 2).with("reads", 3);
    }

    #[test]
    fn prefixes_and_values_are_not_duplicate_keys() {
        let signature = Signature::new().with("read", 1).with("reads", "rea").with("rea", "read=2").with("read.p99", 3);
        assert_eq!(signature.line(), "read=1 reads=rea rea=read=2 read.p99=3");
    }
}
