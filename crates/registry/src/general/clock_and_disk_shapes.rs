//! The faults of clocks and disks as they stand in a scenario file.

use super::fault_fields::kind;
use super::link_shapes::{MS_MAX, NS_MAX, times};
use crate::shape::{FieldShape, ObjectShape, Shape, Tag};

/// The operations of a disk that can fail, as the simulator names them in data.
const OPERATIONS: [&str; 13] = [
    "open",
    "read",
    "write",
    "append",
    "set_len",
    "sync",
    "create_dir",
    "rename",
    "remove",
    "list",
    "metadata",
    "sync_dir",
    "space",
];
/// The errors of a disk that a fault may give to an operation.
const ERRORS: [&str; 4] = ["io", "storage_full", "too_many_open_files", "not_permitted"];

impl ObjectShape {
    fn clocks(self) -> Self {
        let words = Shape::word("clock", &["wall", "monotonic", "both"]);
        self.and(FieldShape::with_default("clocks", words, "both", "Which clocks of the node."))
    }

    fn shift(self) -> Self {
        let bound = |most: u64| Shape::Signed(-(most as i64), most as i64);
        let names = times!("by");
        self.and(FieldShape::optional(names[0], bound(MS_MAX), "By how much; below zero for the past."))
            .and(FieldShape::optional(names[1], bound(NS_MAX), "The same in nanoseconds."))
            .exactly_one(names)
    }

    /// Adds a drift; no clock runs at less than half of its rate.
    fn ppb(self, most: i64) -> Self {
        let about = "By how much the clock runs too fast, in billionths; below zero for too slow.";
        self.and(FieldShape::required("ppb", Shape::Signed(-500_000_000, most), about))
    }

    fn under(self) -> Self {
        let about = "The file, or the folder of the files, that it hits.";
        self.and(FieldShape::with_default("path", Shape::Text("a path", 1_000), "/", about))
    }

    fn file(self) -> Self {
        self.and(FieldShape::required("path", Shape::Text("a path", 1_000), "The file."))
    }

    fn of_all(self, about: &'static str) -> Self {
        self.and(FieldShape::with_default("share", Shape::some_share(), 1.0, about))
    }

    fn amount(self, name: &'static str, least: u64, most: u64, about: &'static str) -> Self {
        self.and(FieldShape::required(name, Shape::Chosen(least, most), about))
    }
}

pub(super) fn of_clocks() -> Vec<Tag> {
    let new = ObjectShape::default;
    let least = |name, about| FieldShape::required(name, Shape::Whole(1, 500_000_000), about);
    vec![
        kind("clock_offset", new().node().shift().duration(), "Shows another wall time for a while."),
        kind("clock_step", new().node().shift(), "Sets the wall clock once."),
        kind("clock_drift", new().node().clocks().ppb(1_000_000_000).duration(), "Lets clocks run too fast or too slow."),
        kind(
            "periodic_drift",
            new()
                .node()
                .clocks()
                .ppb(500_000_000)
                .time(times!("period"), 16_000_000, true, "The time from crest to crest.")
                .duration(),
            "Lets clocks run too fast and too slow in turn.",
        ),
        kind(
            "random_drift",
            new()
                .node()
                .clocks()
                .and(least("most_ppb", "The most that the clock runs too fast or too slow, in billionths."))
                .and(least("step_ppb", "The most by which that changes at a time, in billionths."))
                .time(times!("every"), 1_000_000, true, "The time between two changes.")
                .duration(),
            "Lets clocks run too fast and too slow at random.",
        ),
        kind("clock_freeze", new().node().clocks().duration(), "Stops clocks."),
        kind(
            "clock_strobe",
            new().node().shift().time(times!("period"), 2_000_000, true, "The time to and fro.").duration(),
            "Lets the wall clock jump to and fro.",
        ),
        kind(
            "coarse_clock",
            new().node().time(times!("resolution"), 1, true, "The least difference that the clock shows.").duration(),
            "Lets clocks show coarse times.",
        ),
        kind(
            "late_timers",
            new()
                .node()
                .share("share", "The share of timers that is late.")
                .time(times!("up_to"), 1, true, "The most by which a timer is late.")
                .duration(),
            "Lets timers be late.",
        ),
        kind(
            "coalesced_timers",
            new().node().time(times!("window"), 1, true, "The time within which timers fire together.").duration(),
            "Lets timers fire together.",
        ),
    ]
}

pub(super) fn of_disks() -> Vec<Tag> {
    let new = ObjectShape::default;
    let operations = Shape::list(Shape::word("operation", &OPERATIONS), 0);
    let operations = FieldShape::with_default("operations", operations, Vec::<&str>::new(), "The operations; none for all.");
    let error = FieldShape::required("error", Shape::word("error", &ERRORS), "The error that they get.");
    let sticky =
        FieldShape::with_default("sticky", Shape::Flag, false, "Whether all these operations on a file fail once one has.");
    let share = "The share of operations that it hits.";
    let bits = |object: ObjectShape| {
        object.amount("bits", 1, 4_096, "The bits that flip in each place, at most eight times the bytes.").amount(
            "burst",
            1,
            512,
            "The adjacent bytes in which they are.",
        )
    };
    let per_second = |name, about| FieldShape::optional(name, Shape::Chosen(1, u64::from(u32::MAX)), about);
    let factor =
        FieldShape::with_default("factor", Shape::Chosen(1, 1_000_000), 1, "By what the time of operations is multiplied.");
    vec![
        kind(
            "disk_error",
            new().node().and(operations).under().of_all(share).and(error).and(sticky).duration(),
            "Lets operations of a disk fail.",
        ),
        kind("disk_full", new().node().amount("free", 0, 1 << 40, "The bytes that are left.").duration(), "Fills a disk up."),
        kind("sync_error", new().node().under().of_all(share).duration(), "Lets syncs fail."),
        kind("lying_sync", new().node().under().duration(), "Lets syncs succeed without effect."),
        kind(
            "bit_rot",
            bits(new().node().under().of_all("The share of sectors of 512 bytes that rots.")),
            "Changes bits of files.",
        ),
        kind("rot_on_read", bits(new().node().under().of_all(share)).duration(), "Changes bits of what is read."),
        kind("misdirect", new().node().under().of_all(share).duration(), "Lets writes go elsewhere."),
        kind("lost_write", new().node().under().of_all(share).duration(), "Loses writes."),
        kind("stale_read", new().node().under().of_all(share).duration(), "Reads what was there before."),
        kind("rollback", new().node().duration(), "Crashes the node at its end, with the disk as it was at its beginning."),
        kind("truncate_file", new().node().file().amount("length", 0, 1 << 40, "The bytes that are left."), "Cuts a file off."),
        kind("remove_file", new().node().file(), "Removes a file."),
        kind("append_garbage", new().node().file().amount("bytes", 1, 1 << 20, "The bytes."), "Appends random bytes to a file."),
        kind(
            "slow_disk",
            new().node().and(factor).time(times!("extra"), 0, false, "By how much longer each operation takes.").duration(),
            "Makes a disk slow.",
        ),
        kind("disk_stall", new().node().duration(), "Lets no operation of a disk end."),
        kind(
            "disk_limit",
            new()
                .node()
                .and(per_second("operations_per_second", "The most operations in a second."))
                .and(per_second("bytes_per_second", "The most bytes in a second."))
                .duration(),
            "Limits the throughput of a disk.",
        ),
        kind("reformat", new().node().down_for(), "Replaces a disk by an empty one while its node is down."),
    ]
}
