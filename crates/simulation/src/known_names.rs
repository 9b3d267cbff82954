//! The known names in an error about an unknown one.

/// Names that a message lists; the others are counted.
const NAMES_LISTED: usize = 8;

/// Finds the known name closest to `name`, if they differ in a third of its characters at most.
///
/// A name that differs in its number only is no slip of the hand, and is not found: a list of the known names says how far numbers
/// go.
pub fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |other: &&str| strsim::osa_distance(name, other);
    let letters = |name: &str| name.replace(|sign: char| sign.is_ascii_digit(), "");
    let closest = known.min_by_key(distance).filter(|other| distance(other) * 3 <= name.len().max(3))?;
    (letters(closest) != letters(name)).then_some(closest)
}

/// The known name that an unknown one may mean, as a part of a message: `; did you mean "a"`.
///
/// Nothing if none is close.
pub fn suggested(name: &str, known: &[String]) -> String {
    closest(name, known.iter().map(String::as_str)).map_or_else(String::new, |other| format!("; did you mean {other:?}"))
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
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("edge-cahce", Some("edge-cache"))]
    #[case("edge", None)]
    #[case("ehco", Some("echo"))]
    #[case("queue", None)]
    fn a_name_is_found_if_it_is_close(#[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(closest(name, ["edge-cache", "echo"].into_iter()), expected);
        assert_eq!(closest(name, std::iter::empty()), None);
    }

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
