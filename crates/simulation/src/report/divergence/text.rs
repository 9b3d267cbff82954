//! A divergence as text.

use std::collections::BTreeSet;
use std::fmt;

use cluster_sim_runtime::Seed;

use super::{Difference, DifferingEvent, Divergence, DivergenceKind, OtherRun};
use crate::report::text::thousands;

/// The usual causes of a divergence.
const CAUSES: [&str; 6] = [
    "a walk over a std HashMap or HashSet",
    "Instant::now, SystemTime::now; one of whole seconds differs only now and then",
    "entropy of the OS (rand, getrandom)",
    "tokio::select! without `biased;`, futures::select!: use cluster_sim::select!",
    "a thread or a runtime of its own (std::thread, tokio's Runtime, async-std, smol)",
    "a static, a thread-local or a shared Arc that an earlier seed or run filled",
];

impl fmt::Display for Divergence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_earlier = self.other_run == OtherRun::EarlierRun;
        if is_earlier {
            writeln!(formatter, "      left: two more runs of this seed, which agree; right: the run of the sweep")?;
        } else {
            writeln!(formatter, "      left: the run in this thread; right: the run in {}", self.other_run)?;
        }
        match &self.event {
            Some(event) => writeln!(formatter, "      they diverge after {event}")?,
            None if is_earlier => {}
            None => writeln!(formatter, "      all events and facts are equal, but the reports differ")?,
        }
        for Difference { place, left, right } in &self.differences {
            writeln!(formatter, "        {place}: left {left}, right {right}")?;
        }
        if let Some(event) = &self.event {
            event.write_lines(formatter)?;
        }
        if let Some(most_likely) = self.most_likely() {
            writeln!(formatter, "      most likely: {most_likely}")?;
        }
        match &self.event {
            Some(event) => writeln!(formatter, "      look in {}, at this event and before it, for", event.node)?,
            None if is_earlier => writeln!(formatter, "      look for what only the first run in a process sees")?,
            None => writeln!(formatter, "      look in the checks and measurements for")?,
        }
        CAUSES.iter().try_for_each(|cause| writeln!(formatter, "        {cause}"))
    }
}

impl Divergence {
    /// The call that reruns both.
    pub(in crate::report) fn rerun(&self, seed: Seed) -> String {
        match self.other_run {
            OtherRun::FreshThread => format!("`scenario.check_determinism(Seed({seed}))`"),
            OtherRun::OtherProcess => format!("`scenario.check_determinism_in_process(Seed({seed}))`"),
            OtherRun::EarlierRun => "the same sweep, first in a process".to_owned(),
        }
    }

    /// The most likely cause, where the shape of the difference suggests one.
    fn most_likely(&self) -> Option<&'static str> {
        let places: BTreeSet<&str> = self.differences.iter().map(|difference| difference.place.as_str()).collect();
        let event = self.event.as_ref()?;
        let swapped = |one: &[String], other: &[String]| one.split_first().is_some_and(|(_, rest)| rest.contains(&other[0]));
        if swapped(&event.left, &event.right) && swapped(&event.right, &event.left) {
            Some("the same events in another order, as after a walk over a std HashMap or HashSet")
        } else if places == BTreeSet::from(["at"]) {
            Some(
                "the same event at another instant, as after a duration that depends on the machine's clock or on entropy of the OS",
            )
        } else if !places.is_empty() && places.is_subset(&BTreeSet::from(["label", "length", "payload"])) {
            Some("the same message with another content: it depends on more than the run")
        } else {
            None
        }
    }
}

impl DifferingEvent {
    /// The last events that both runs share, then how each went on, with the differing event marked.
    fn write_lines(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "      last events")?;
        self.before.iter().try_for_each(|line| writeln!(formatter, "          both   {line}"))?;
        for (side, lines) in [("left ", &self.left), ("right", &self.right)] {
            for (index, line) in lines.iter().enumerate() {
                writeln!(formatter, "        {} {side}  {line}", if index == 0 { '>' } else { ' ' })?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for DifferingEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, at, kind, node, peer, task, .. } = self;
        write!(formatter, "{} events and facts, at {at}: {kind}, node {node}", thousands(*index))?;
        if let Some(peer) = peer {
            write!(formatter, ", peer {peer}")?;
        }
        if let Some(task) = task {
            write!(formatter, ", task {task}")?;
        }
        Ok(())
    }
}

impl fmt::Display for DivergenceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(kind) => formatter.write_str(&words(&format!("{kind:?}"))),
            Self::Fact => formatter.write_str("fact"),
            Self::End => formatter.write_str("end of the run"),
        }
    }
}

/// The words of a name in `CamelCase`, in lower case.
fn words(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}
