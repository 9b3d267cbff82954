//! [`PlanError`]: why a plan does not fit its scenario.

/// A fault plan that does not fit its scenario; nothing was run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A fault names an unknown node.
    #[error(
        "fault {index} ({kind}) names node {node:?}; the scenario has no such node, name it by group and index, as in \"edge/1\"{}{}",
        suggested(node, known),
        listed(known)
    )]
    UnknownNode {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The node as named.
        node: String,
        /// The nodes of the scenario.
        known: Vec<String>,
    },
    /// A fault names an unknown class of links.
    #[error(
        "fault {index} ({kind}) names links {links:?}; the scenario has no such class, declare it with `Scenario::links`{}{}",
        suggested(links, known),
        listed(known)
    )]
    UnknownLinks {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The class as named.
        links: String,
        /// The classes of links of the scenario.
        known: Vec<String>,
    },
    /// A fault asks for the impossible, as for an invalid link model.
    #[error("fault {index} ({kind}) is invalid: {reason}")]
    Impossible {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The reason.
        reason: String,
    },
    /// A cut has a node on both of its sides.
    #[error("fault {index} ({kind}) has node {node:?} on both sides; name it on one of them")]
    OnBothSides {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The first node that is on both sides.
        node: String,
    },
    /// The faults are not in order of time.
    #[error("fault {index} is scheduled before the one in front of it; put the faults in order of time")]
    OutOfOrder {
        /// Position of the first fault out of order.
        index: usize,
    },
}

/// Names that a message lists; the others are counted.
const NAMES_LISTED: usize = 8;

/// The known name that an unknown one may mean, as a part of a message: `; did you mean "a"`.
///
/// Nothing if none is close.
pub fn suggested(name: &str, known: &[String]) -> String {
    let distance = |other: &String| strsim::osa_distance(name, other);
    // A name that differs in its number only is no slip of the hand: the list of known names says how far numbers go.
    let letters = |name: &str| name.replace(|sign: char| sign.is_ascii_digit(), "");
    let closest = known.iter().min_by_key(|other| distance(other)).filter(|other| distance(other) * 3 <= name.len().max(3));
    let closest = closest.filter(|other| letters(other) != letters(name));
    closest.map_or_else(String::new, |other| format!("; did you mean {other:?}"))
}

/// The names that there are, as the end of a message: `; known: a, b`. Nothing if there are none.
pub fn listed(known: &[String]) -> String {
    let shown = known.iter().take(NAMES_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match known.len().saturating_sub(NAMES_LISTED) {
        0 if known.is_empty() => String::new(),
        0 => format!("; known: {shown}"),
        more => format!("; known: {shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_if_it_is_close() {
        let known = ["store", "client", "s"].map(str::to_owned);
        assert_eq!(suggested("stroe", &known), "; did you mean \"store\"");
        assert_eq!(suggested("t", &known), "; did you mean \"s\"");
        assert_eq!(suggested("router", &known), "");
        assert_eq!(suggested("store/2", &["store/0", "store/1"].map(str::to_owned)), "", "only the number differs");
        assert_eq!(suggested("store", &[]), "");
    }

    #[test]
    fn a_message_lists_few_names_and_counts_the_others() {
        let names = |count: usize| (0..count).map(|index| format!("n/{index}")).collect::<Vec<_>>();
        assert_eq!(listed(&names(0)), "");
        assert_eq!(listed(&names(2)), "; known: n/0, n/1");
        assert!(listed(&names(10)).ends_with(", n/7 and 2 more"));
    }
}
