//! The bytes of a record.

use crc32c::crc32c_append;

/// The bytes of a record besides its payload.
pub(super) const HEADER: usize = 24;

/// The longest payload of a record: 1 GiB.
pub const MAX_PAYLOAD: u64 = 1 << 30;

/// A whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) sequence: u64,
    /// The last record that was known to be synced when this one was written.
    pub(super) watermark: u64,
    pub(super) payload: &'a [u8],
}

impl Frame<'_> {
    /// Its length, in bytes.
    pub(super) fn len(&self) -> u64 {
        (HEADER + self.payload.len()) as u64
    }

    /// Appends its bytes, for a place in a segment.
    pub(super) fn encode(&self, segment: u64, offset: u64, bytes: &mut Vec<u8>) {
        let length = (self.payload.len() as u32).to_le_bytes();
        let mut numbers = [0; 16];
        numbers[..8].copy_from_slice(&self.sequence.to_le_bytes());
        numbers[8..].copy_from_slice(&self.watermark.to_le_bytes());
        let checksum = checksum(segment, offset, length, numbers, self.payload);
        bytes.extend_from_slice(&length);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(&numbers);
        bytes.extend_from_slice(self.payload);
    }
}

fn checksum(segment: u64, offset: u64, length: [u8; 4], numbers: [u8; 16], payload: &[u8]) -> u32 {
    let place = [segment.to_le_bytes(), offset.to_le_bytes()];
    let parts: [&[u8]; 5] = [&place[0], &place[1], &length, &numbers, payload];
    parts.into_iter().fold(0, crc32c_append)
}

/// The header at the start of bytes: length, checksum, numbers; `None` if they are fewer.
fn header(bytes: &[u8]) -> Option<([u8; 4], u32, [u8; 16])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, numbers) = rest.split_first_chunk::<4>()?;
    Some((*length, u32::from_le_bytes(*checksum), *numbers.first_chunk()?))
}

fn sequence_and_watermark(numbers: [u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(numbers);
    (both as u64, (both >> 64) as u64)
}

/// Reads the record at the start of bytes, which begin at an offset of a segment; `None` if there is no whole one.
pub(super) fn decode(bytes: &[u8], segment: u64, offset: u64) -> Option<Frame<'_>> {
    let (length, expected, numbers) = header(bytes)?;
    let payload = bytes.get(HEADER..HEADER.checked_add(u32::from_le_bytes(length) as usize)?)?;
    let (sequence, watermark) = sequence_and_watermark(numbers);
    (checksum(segment, offset, length, numbers, payload) == expected).then_some(Frame { sequence, watermark, payload })
}

/// Finds a whole record behind the damaged record `sequence` at `offset` that says that it was synced; returns its number.
///
/// The length of the damaged record may be wrong, so every offset behind it is tried. The numbers sort out almost all of them before a
/// checksum is computed.
pub(super) fn sync_evidence(bytes: &[u8], segment: u64, offset: u64, sequence: u64) -> Option<u64> {
    (offset + HEADER as u64..bytes.len() as u64).find_map(|at| {
        let rest = &bytes[at as usize..];
        let (_, _, numbers) = header(rest)?;
        let (found, watermark) = sequence_and_watermark(numbers);
        let records_between = (at - offset) / HEADER as u64;
        let is_plausible = found > sequence && found - sequence <= records_between && watermark >= sequence && watermark < found;
        (is_plausible && decode(rest, segment, at).is_some()).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame<'static> = Frame { sequence: 9, watermark: 8, payload: b"payload" };

    fn encoded(segment: u64, offset: u64) -> Vec<u8> {
        let mut bytes = vec![0; offset as usize];
        FRAME.encode(segment, offset, &mut bytes);
        bytes
    }

    #[test]
    fn a_record_is_read_as_written_and_only_at_its_place() {
        let bytes = encoded(5, 40);
        assert_eq!(decode(&bytes[40..], 5, 40), Some(FRAME));
        assert_eq!(decode(&bytes[40..], 6, 40), None, "another segment");
        assert_eq!(decode(&bytes[40..], 5, 39), None, "another offset");
    }

    #[test]
    fn every_flipped_bit_and_every_missing_byte_is_noticed() {
        let whole = encoded(1, 0);
        for bit in 0..8 * whole.len() {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&bytes, 1, 0), None, "bit {bit}");
        }
        (0..whole.len()).for_each(|length| assert_eq!(decode(&whole[..length], 1, 0), None, "{length} bytes"));
    }

    #[test]
    fn zeros_are_no_record() {
        assert_eq!(decode(&[0; 4_096], 0, 0), None);
    }
}
