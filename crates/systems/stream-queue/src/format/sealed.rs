//! Data of our own in a file or a message: a magic, a version and a checksum before it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::fields::Fields;

/// The version of all sealed data.
const VERSION: u16 = 1;

/// The bytes before the data: magic 4, version 2, CRC32 of version and data 4.
const FRAME: usize = 10;

/// Bytes that are not what was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// There are too few bytes.
    #[error("there are {found} bytes, and at least {FRAME} were written; take them from another replica")]
    TooShort {
        /// The bytes that there are.
        found: usize,
    },
    /// They begin as something else.
    #[error("the bytes begin with \"{}\", not with \"{}\"; they are something else", found.escape_ascii(), expected.escape_ascii())]
    Magic {
        /// The first four bytes.
        found: [u8; 4],
        /// Those that they should be.
        expected: [u8; 4],
    },
    /// They have a version that this code cannot read.
    #[error("the bytes have version {found}, and this broker reads version {VERSION}; read them with a newer one")]
    Version {
        /// The version.
        found: u16,
    },
    /// The checksum is not that of the data.
    #[error("the bytes have CRC {stored:08x} and their data has {computed:08x}; take them from another replica")]
    Crc {
        /// The checksum as found.
        stored: u32,
        /// The checksum of the data.
        computed: u32,
    },
    /// The checksum is right and the data is nothing that this code writes.
    #[error("the data has a right checksum and cannot be read: {cause}; another program wrote it")]
    Data {
        /// The part that cannot be read.
        cause: DataError,
    },
}

/// Encoded data that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DataError {
    /// It is cut off, or no value of its type.
    #[error(transparent)]
    Encoding(#[from] postcard::Error),
    /// There are bytes after it.
    #[error("{bytes} bytes follow")]
    Longer {
        /// Their number.
        bytes: usize,
    },
    /// It contradicts itself.
    #[error("{0}")]
    Inconsistent(&'static str),
}

/// Reads a value, and takes no bytes after it for none.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DataError> {
    let (value, rest) = postcard::take_from_bytes(bytes)?;
    if rest.is_empty() { Ok(value) } else { Err(DataError::Longer { bytes: rest.len() }) }
}

/// Encodes a value and seals it.
pub(crate) fn seal<T: Serialize>(magic: [u8; 4], value: &T) -> Vec<u8> {
    let mut bytes = [&magic[..], &[0; 4], &VERSION.to_le_bytes()].concat();
    bytes = postcard::to_extend(value, bytes).expect("the values of this crate can be encoded");
    let crc = crc32fast::hash(&bytes[8..]).to_le_bytes();
    bytes[4..8].copy_from_slice(&crc);
    bytes
}

/// Checks sealed bytes and reads the value.
pub(crate) fn unseal<T: DeserializeOwned>(magic: [u8; 4], bytes: &[u8]) -> Result<T, SealError> {
    let too_short = || SealError::TooShort { found: bytes.len() };
    let mut fields = Fields::new(bytes);
    let found: [u8; 4] = fields.bytes(4).and_then(|found| found.try_into().ok()).ok_or_else(too_short)?;
    if found != magic {
        return Err(SealError::Magic { found, expected: magic });
    }
    let stored = fields.u32().ok_or_else(too_short)?;
    let version = fields.u16().ok_or_else(too_short)?;
    let computed = crc32fast::hash(&bytes[8..]);
    if stored != computed {
        return Err(SealError::Crc { stored, computed });
    }
    if version != VERSION {
        return Err(SealError::Version { found: version });
    }
    decode(&bytes[FRAME..]).map_err(|cause| SealError::Data { cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: [u8; 4] = *b"TEST";

    fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
        let crc = crc32fast::hash(&bytes[8..]).to_le_bytes();
        bytes[4..8].copy_from_slice(&crc);
        bytes
    }

    #[test]
    fn each_damage_of_sealed_bytes_has_its_error() {
        let sealed = seal(MAGIC, &(7_u64, "text"));
        let error = |bytes: &[u8]| unseal::<(u64, String)>(MAGIC, bytes).expect_err("damaged");
        assert_eq!(unseal(MAGIC, &sealed), Ok((7_u64, "text".to_owned())));
        (0..10).for_each(|left| assert_eq!(error(&sealed[..left]), SealError::TooShort { found: left }));
        assert_eq!(error(b"ELSE567890"), SealError::Magic { found: *b"ELSE", expected: MAGIC });
        assert!(matches!(error(&[&sealed[..], &[0]].concat()), SealError::Crc { .. }));
        let longer = resealed([&sealed[..], &[0, 0]].concat());
        assert_eq!(error(&longer), SealError::Data { cause: DataError::Longer { bytes: 2 } });
        let cut = resealed(sealed[..sealed.len() - 1].to_vec());
        assert!(matches!(error(&cut), SealError::Data { cause: DataError::Encoding(_) }));
        let mut newer = sealed;
        newer[8] = 2;
        assert_eq!(error(&resealed(newer)), SealError::Version { found: 2 });
    }

    #[test]
    fn any_changed_byte_of_sealed_bytes_is_an_error() {
        let sealed = seal(MAGIC, &(7_u64, "text"));
        for (at, change) in (0..sealed.len()).flat_map(|at| (1..=u8::MAX).map(move |change| (at, change))) {
            let mut bytes = sealed.clone();
            bytes[at] ^= change;
            assert!(unseal::<(u64, String)>(MAGIC, &bytes).is_err(), "byte {at} changed by {change}");
        }
    }
}
