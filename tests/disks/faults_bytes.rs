//! Bytes that are not those that were written: rot, misdirected, lost and stale ones, damaged files.

use cluster_sim::prelude::*;

use crate::program::{Ran, Step, append, ms, read, sync, under, under_canonical, until, with_log, write};

const NODE: &str = "a/0";

/// Writes 1,024 ones and syncs; from 110 ms on runs these steps under a fault.
fn ran(fault: DiskFault, steps: impl IntoIterator<Item = Step>) -> Ran {
    let steps = [append(&[1; 1_024]), sync(), until(110)].into_iter().chain(steps);
    under(FaultPlan::new().at(ms(100), fault), with_log(steps), Vec::new())
}

fn flipped(data: &[u8]) -> u32 {
    data.iter().map(|byte| (byte ^ 1).count_ones()).sum()
}

#[test]
fn bit_rot_flips_that_many_bits_of_each_sector_for_good() {
    let rot = DiskFault::BitRot { node: NODE.to_owned(), path: "/".to_owned(), share: Ratio::ONE, bits: 3, burst: 2 };
    let ran = ran(rot, [read(0, 2_000), until(500), read(0, 2_000)]);
    let data = ran.data(4);
    assert_eq!((flipped(&data[..512]), flipped(&data[512..])), (3, 3));
    assert_eq!((ran.data(5), ran.effect().as_str()), (data, "2 sectors rotten"));
    let places: Vec<usize> = (0..1_024).filter(|at| data[*at] != 1).collect();
    assert!(places.chunk_by(|left, right| right - left < 256).all(|burst| burst[burst.len() - 1] - burst[0] < 2), "{places:?}");
}

#[test]
fn rot_of_the_medium_leaves_newer_bytes_of_the_cache() {
    let first = with_log([append(&[1; 512]), sync(), until(110), write(0, &[2; 512]), until(150), read(0, 512)]);
    let rot = DiskFault::BitRot { node: NODE.to_owned(), path: "log".to_owned(), share: Ratio::ONE, bits: 3, burst: 2 };
    let plan = FaultPlan::new().at(ms(130), rot);
    let ran = under_canonical(plan.clone(), first.clone(), Vec::new());
    assert_eq!((ran.data(5), ran.effect().as_str()), (&[2; 512][..], "1 sector rotten"), "the cache has what was written");
    let crash = NodeFault::Crash { node: NODE.to_owned(), down_for: Some(ms(10)) };
    let after = under_canonical(plan.at(ms(200), crash), first, with_log([read(0, 512)]));
    assert_eq!(flipped(after.data(2)), 3, "the medium is rotten");
}

#[test]
fn rot_on_read_flips_bits_of_answers_and_leaves_the_file() {
    let (node, path, share) = (NODE.to_owned(), "log".to_owned(), Ratio::ONE);
    let rot = DiskFault::RotOnRead { node, path, share, bits: 8, burst: 1, duration: Some(ms(100)) };
    let ran = ran(rot, [read(0, 512), read(4_096, 1), until(210), read(0, 512)]);
    assert_eq!((flipped(ran.data(4)), flipped(ran.data(6))), (8, 0));
    assert_eq!(ran.counts(), (2, 1), "an empty answer has nothing to rot");
}

#[test]
fn a_lost_write_succeeds_and_leaves_the_old_bytes() {
    let lost = DiskFault::LostWrite { node: NODE.to_owned(), path: "log".to_owned(), share: Ratio::ONE, duration: Some(ms(100)) };
    let ran = ran(lost, [write(0, &[2; 4]), write(0, &[1; 4]), append(&[3; 4]), read(0, 4), read(1_022, 9)]);
    assert!(ran.answers.iter().all(Result::is_ok));
    assert_eq!((ran.data(7), ran.data(8)), (&[1; 4][..], &[1, 1, 0, 0, 0, 0][..]), "a file that grew has zeros");
    assert_eq!(ran.counts(), (3, 2), "a write of equal bytes loses nothing");
}

#[test]
fn a_stale_read_answers_from_before_the_last_write() {
    let stale = DiskFault::StaleRead { node: NODE.to_owned(), path: "/".to_owned(), share: Ratio::ONE, duration: Some(ms(100)) };
    let steps = [read(0, 2), write(0, &[2]), write(0, &[3]), read(0, 2), until(210), read(0, 2)];
    let ran = ran(stale, steps);
    assert_eq!((ran.data(4), ran.data(7), ran.data(8)), (&[1, 1][..], &[2, 1][..], &[3, 1][..]));
    assert_eq!(ran.counts(), (2, 1));
}

#[test]
fn a_misdirected_write_lands_in_another_sector() {
    let misdirect = |duration| DiskFault::Misdirect { node: NODE.to_owned(), path: "/".to_owned(), share: Ratio::ONE, duration };
    let written = ran(misdirect(Some(ms(100))), [write(0, &[2; 4]), until(210), read(0, 4), read(512, 4)]);
    assert_eq!((written.data(5), written.data(6)), (&[1; 4][..], &[2; 4][..]));
    assert_eq!(written.counts(), (1, 1));
    let read = ran(misdirect(None), [read(0, 4)]);
    assert_eq!((read.data(4), read.counts()), (&[1; 4][..], (1, 0)), "the other sector has equal bytes");
}

#[test]
fn a_file_is_cut_off_lost_or_followed_by_garbage() {
    let (node, path) = (|| NODE.to_owned(), || "log".to_owned());
    let steps = || [read(0, 4_000)];
    let cut = ran(DiskFault::Truncate { node: node(), path: path(), length: 3 }, steps());
    assert_eq!((cut.data(4), cut.effect().as_str()), (&[1; 3][..], "applied"));
    let longer = ran(DiskFault::Truncate { node: node(), path: path(), length: 2_000 }, steps());
    assert_eq!((longer.data(4).len(), longer.effect().as_str()), (1_024, "no effect: the file was not longer"));
    let garbage = ran(DiskFault::AppendGarbage { node: node(), path: path(), bytes: 7 }, steps());
    assert_eq!((garbage.data(4).len(), &garbage.data(4)[..1_024]), (1_031, &[1; 1_024][..]));
    let lost = under(
        FaultPlan::new().at(ms(100), DiskFault::Remove { node: node(), path: path() }),
        with_log([append(b"x"), sync(), until(110)].into_iter().chain(crate::program::open()).chain([read(0, 9)])),
        Vec::new(),
    );
    assert_eq!((lost.data(6), lost.effect().as_str()), (&b""[..], "applied"), "a file of that name is a new one");
    let none = ran(DiskFault::Remove { node: node(), path: "other".to_owned() }, steps());
    assert_eq!(none.effect(), "no effect: it had no such file");
}
