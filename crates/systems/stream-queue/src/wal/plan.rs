//! Splits records over segments before anything is written.

use super::segment_index::{Fill, WalConfig};
use crate::format::{Record, SEGMENT_HEADER_BYTES};

/// Records that go into one segment by one write.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Run<'a> {
    /// The base of the segment that begins with these records; `None` if they continue the last one.
    pub(super) begins: Option<u64>,
    /// The place of the first byte in the segment.
    pub(super) position: u64,
    /// The records, encoded.
    pub(super) bytes: Vec<u8>,
    /// The records with their lengths.
    pub(super) records: Vec<(&'a Record, u64)>,
}

/// Splits records that can be encoded. `last` is how far the last segment is filled; absent if there is none.
pub(super) fn plan(records: &[Record], last: Option<Fill>, config: WalConfig) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut fill = last;
    for record in records {
        let length = record.encoded_length() as u64;
        let current = match fill {
            Some(fill) if !fill.is_full_for(record.timestamp_ms, length, config) => {
                if runs.is_empty() {
                    runs.push(Run { position: fill.bytes, ..Run::default() });
                }
                fill
            }
            _ => {
                runs.push(Run { begins: Some(record.offset), position: SEGMENT_HEADER_BYTES as u64, ..Run::default() });
                Fill::EMPTY
            }
        };
        let run = runs.last_mut().expect("one was begun above");
        record.encode(&mut run.bytes).expect("the caller checked it");
        run.records.push((record, length));
        let filled = fill.insert(current);
        filled.push(record.timestamp_ms, length);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Draft;

    const CONFIG: WalConfig = WalConfig { segment_bytes: 32 + 3 * 34, segment_age_ms: 100 };

    fn records(times: &[u64]) -> Vec<Record> {
        (7..).zip(times).map(|(offset, time)| Draft::default().at(offset, *time)).collect()
    }

    /// The bases of new segments, positions and numbers of records.
    fn planned(times: &[u64], last: Option<Fill>) -> Vec<(Option<u64>, u64, usize)> {
        let records = records(times);
        let runs = plan(&records, last, CONFIG);
        assert!(runs.iter().all(|run| run.bytes.len() == 34 * run.records.len()));
        runs.iter().map(|run| (run.begins, run.position, run.records.len())).collect()
    }

    #[test]
    fn records_are_split_by_size_and_by_age() {
        assert_eq!(planned(&[], None), []);
        assert_eq!(planned(&[0; 7], None), [(Some(7), 32, 3), (Some(10), 32, 3), (Some(13), 32, 1)]);
        assert_eq!(planned(&[0, 99, 100, 199, 200], None), [(Some(7), 32, 2), (Some(9), 32, 2), (Some(11), 32, 1)]);
        let two = Fill { records: 2, bytes: 32 + 68, first_ms: 50 };
        assert_eq!(planned(&[60, 60], Some(two)), [(None, 100, 1), (Some(8), 32, 1)]);
        assert_eq!(planned(&[150], Some(two)), [(Some(7), 32, 1)]);
    }

    #[test]
    fn segments_do_not_depend_on_how_records_are_grouped() {
        let times: Vec<u64> = (0..40).map(|index| index * index % 170).collect();
        let whole: Vec<u64> = planned(&times, None).iter().filter_map(|(begins, ..)| *begins).collect();
        for size in 1..40 {
            let (mut fill, mut bases) = (None, Vec::new());
            for group in records(&times).chunks(size) {
                for run in plan(group, fill, CONFIG) {
                    bases.extend(run.begins);
                    let filled = fill.get_or_insert(Fill::EMPTY);
                    if run.begins.is_some() {
                        *filled = Fill::EMPTY;
                    }
                    run.records.iter().for_each(|(record, length)| filled.push(record.timestamp_ms, *length));
                }
            }
            assert_eq!(bases, whole, "groups of {size}");
        }
    }
}
