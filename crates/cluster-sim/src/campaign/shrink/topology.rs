//! Less time, and fewer nodes.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ddmin::minimise;
use super::search::Attempts;
use crate::replay::Story;

/// Ends the time in which things go wrong when the rule was broken, or halves it for as long as that does.
pub(super) fn shorten(attempts: &mut Attempts<'_>) {
    let definition = &attempts.scenario().0;
    if definition.drive.is_some() {
        // The hand of a test says how long.
        return;
    }
    let present = |attempts: &Attempts<'_>| attempts.story().lasting.unwrap_or(attempts.scenario().0.lasting);
    let broken_at = attempts.found().map_or(Duration::MAX, |finding| finding.at.since_zero());
    // To the next whole millisecond, so that the step that breaks it is still in it.
    let until = Duration::from_millis(u64::try_from(broken_at.as_millis()).unwrap_or(u64::MAX).saturating_add(1));
    if until < present(attempts) {
        attempts.try_structure(lasting(&attempts.story(), until));
    }
    while present(attempts) >= Duration::from_millis(2) {
        let half = Duration::from_millis((present(attempts) / 2).as_millis() as u64);
        if !attempts.try_structure(lasting(&attempts.story(), half)) {
            return;
        }
    }
}

/// The story in less time, without the faults that would come after it.
fn lasting(story: &Story, lasting: Duration) -> Story {
    let in_time: Vec<_> = story.faults.faults().iter().filter(|scheduled| scheduled.at.since_zero() <= lasting).cloned().collect();
    Story { lasting: Some(lasting), ..story.with_faults(&in_time) }
}

/// Leaves seats empty: clients first, then all others; never one that a fault of the story names.
pub(super) fn leave_seats_empty(attempts: &mut Attempts<'_>) {
    let definition = attempts.scenario().0.clone();
    let names = |clients: bool| {
        let groups = definition.groups.iter().filter(move |group| group.must_end == clients);
        groups.flat_map(|group| group.members.iter().map(|member| member.name.clone()))
    };
    for clients in [true, false] {
        let named: BTreeSet<String> = named_by_faults(&attempts.story());
        let is_free = |name: &String| !named.contains(name) && !definition.absent.contains(name);
        let present = |story: &Story| {
            let there = names(clients).filter(is_free).filter(|name| !story.absent.contains(name));
            there.collect::<Vec<String>>()
        };
        let there = present(&attempts.story());
        minimise(there, |kept| {
            let kept: BTreeSet<&String> = kept.iter().collect();
            let mut story = attempts.story();
            story.absent.extend(present(&story).into_iter().filter(|name| !kept.contains(name)));
            attempts.try_structure(story)
        });
    }
}

fn named_by_faults(story: &Story) -> BTreeSet<String> {
    let faults = story.faults.faults().iter();
    faults.flat_map(|scheduled| scheduled.fault.nodes().into_iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}
