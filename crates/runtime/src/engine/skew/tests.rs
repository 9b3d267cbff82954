//! Tests of clocks that lie, by any order of influences.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const EPOCH: WallTime = WallTime::from_nanoseconds(1_000_000_000_000);

fn at(nanoseconds: u64) -> VirtualInstant {
    VirtualInstant::from_nanoseconds(nanoseconds)
}

fn any_pace() -> impl Strategy<Value = Pace> {
    prop_oneof![Just(Pace::True), Just(Pace::Frozen), (RATES.0..=RATES.1).prop_map(Pace::Drifting)]
}

prop_compose! {
    fn any_skew()(
        wall_offset in -5_000_000_000_i64..5_000_000_000,
        wall in any_pace(),
        local in any_pace(),
        resolution in prop_oneof![4 => Just(0), 1 => 1_u64..5_000],
    ) -> Skew {
        Skew { wall_offset, wall, local, resolution, ..Skew::default() }
    }
}

/// Adds a skew, changes the one at that place, or ends it.
#[derive(Debug, Clone, Copy)]
enum Act {
    Add(Skew),
    Change(usize, Skew),
    End(usize),
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => any_skew().prop_map(Act::Add),
        1 => (0_usize..4, any_skew()).prop_map(|(place, skew)| Act::Change(place, skew)),
        2 => (0_usize..4).prop_map(Act::End),
    ]
}

fn carry_out(clocks: &mut SkewedClocks, ids: &mut Vec<SkewId>, now: VirtualInstant, act: Act) {
    match act {
        Act::Add(skew) => ids.push(clocks.add(now, skew)),
        Act::Change(place, skew) => ids.get(place).into_iter().for_each(|id| clocks.change(now, *id, skew)),
        Act::End(place) if place < ids.len() => clocks.remove(now, ids.remove(place)),
        Act::End(_) => {}
    }
}

proptest! {
    #[test]
    fn a_deadline_comes_at_the_first_instant_that_reads_it(
        acts in prop::collection::vec((1_u64..50_000, any_act()), 1..12),
        ahead in 0_u64..100_000,
    ) {
        let booted = at(777);
        let (mut clocks, mut ids, mut now) = (SkewedClocks::new(NodeClock::new(booted, EPOCH)), Vec::new(), booted);
        for (after, act) in acts {
            now = now.after_nanoseconds(after);
            let before = clocks.local(now);
            let fine = clocks.local.read(now);
            carry_out(&mut clocks, &mut ids, now, act);
            prop_assert_eq!(clocks.local.read(now), fine, "the clock does not jump");
            prop_assert!(clocks.local(now) >= before, "the clock does not run backwards");
            let deadline = clocks.local(now).as_nanoseconds() + ahead;
            let reads = |instant| clocks.local(instant).as_nanoseconds();
            match clocks.reaches(deadline) {
                Some(due) if due > now => {
                    prop_assert!(reads(due) >= deadline, "at {} it reads {}, not {}", due, reads(due), deadline);
                    prop_assert!(reads(at(due.as_nanoseconds() - 1)) < deadline, "{} is too late for {}", due, deadline);
                }
                Some(_) => prop_assert!(reads(now) >= deadline),
                None => prop_assert!(clocks.local.rate() == 0 && reads(now.after_nanoseconds(u64::MAX / 2)) < deadline),
            }
        }
    }

    #[test]
    fn a_wall_clock_is_off_by_its_offsets_at_a_true_rate(
        acts in prop::collection::vec((1_u64..50_000, any_act()), 1..12),
        offset in -5_000_000_000_i64..5_000_000_000,
    ) {
        let (mut clocks, mut ids, mut now) = (SkewedClocks::new(NodeClock::new(at(0), EPOCH)), Vec::new(), at(0));
        for (after, act) in acts {
            now = now.after_nanoseconds(after);
            carry_out(&mut clocks, &mut ids, now, act);
        }
        ids.into_iter().for_each(|id| clocks.remove(now, id));
        clocks.add(now, Skew { wall_offset: offset, ..Skew::default() });
        let later = now.after_nanoseconds(12_345);
        let wall = NodeClock::new(at(0), EPOCH).wall(later);
        let shown = clocks.wall(later, wall).as_nanoseconds();
        prop_assert_eq!(i128::from(shown), i128::from(wall.as_nanoseconds()) + i128::from(offset));
    }
}

#[test]
fn clocks_without_a_skew_are_true() {
    let (booted, now) = (at(5), at(1_000_000_005));
    let clock = NodeClock::new(booted, EPOCH);
    let mut clocks = SkewedClocks::new(NodeClock::new(booted, EPOCH));
    assert_eq!((clocks.local(now), clocks.wall(now, clock.wall(now))), (clock.local(now), clock.wall(now)));
    assert_eq!(clocks.reaches(1_000_000_000), Some(now));
    let id = clocks.add(at(10), Skew { wall_offset: -3, ..Skew::default() });
    assert!(!clocks.are_true());
    clocks.remove(at(20), id);
    assert!(clocks.are_true(), "a wall clock that was stepped leaves nothing behind");
    let id = clocks.add(at(30), Skew { local: Pace::Frozen, ..Skew::default() });
    clocks.remove(at(31), id);
    assert!(!clocks.are_true(), "a monotonic clock that was frozen stays late");
    clocks.boot(NodeClock::new(now, EPOCH));
    assert!(clocks.are_true(), "until the next boot");
}

#[test]
fn clocks_far_in_the_future_saturate() {
    let mut clocks = SkewedClocks::new(NodeClock::new(at(0), EPOCH));
    clocks.add(at(0), Skew { local: Pace::Drifting(RATES.1), wall: Pace::Drifting(RATES.1), ..Skew::default() });
    let end = at(u64::MAX);
    assert_eq!(clocks.local(end), LocalInstant::from_nanoseconds(u64::MAX));
    assert_eq!(clocks.wall(end, EPOCH + Duration::MAX), WallTime::from_nanoseconds(u64::MAX));
    assert_eq!(clocks.reaches(u64::MAX), Some(at(u64::MAX / 2 + 1)));
}
