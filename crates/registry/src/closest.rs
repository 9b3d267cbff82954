//! The known name that an unknown one may mean.

/// Finds the known name that differs from `name` least, if it differs in a third of its characters at most.
pub(crate) fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |known: &&str| strsim::osa_distance(name, known);
    let closest = known.min_by_key(distance)?;
    (distance(&closest) * 3 <= name.len().max(3)).then_some(closest)
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
}
