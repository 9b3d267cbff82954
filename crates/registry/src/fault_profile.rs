//! Fault profiles as JSON: a file of their own, or a field of a scenario file.

use cluster_sim::fault::FaultProfile;

use crate::document::Document;
use crate::error::{ScenarioError, ScenarioErrorKind};
use crate::field_spec::{FieldSpec, last_name};

/// The field of every scenario file that holds a fault profile.
pub(crate) const FAULT_PROFILE: &str = "fault_profile";

/// Reads the text of a file with a fault profile; a field that is left out has its default. Errors name the file `source`.
///
/// ```
/// use cluster_sim_registry::read_fault_profile;
///
/// let profile = read_fault_profile(r#"{"kinds": ["crash", "cut"], "mean_interval_ms": 500}"#, "chaos.json").expect("it is valid");
/// assert_eq!(profile.kinds.len(), 2);
///
/// let error = read_fault_profile(r#"{"kinds": ["crahs"]}"#, "chaos.json").expect_err("there is no such kind").to_string();
/// assert!(error.starts_with("chaos.json: at kinds[0]: \"crahs\" is not a known kind of fault; did you mean crash? use one of cut, "));
/// ```
///
/// # Errors
/// The first mistake in it.
pub fn read_fault_profile(text: &str, source: &str) -> Result<FaultProfile, ScenarioError> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        let cure = "fill it with a fault profile, such as the one that `cluster-sim fault-profile` prints";
        return Err(ScenarioError::new(ScenarioErrorKind::Empty, source, "1:1", "\"\"", cure));
    }
    decode(&Document::parse(text, source)?)
}

/// Takes the fault profile out of a scenario file, if it has one.
pub(crate) fn take_fault_profile(document: &mut Document<'_>) -> Result<Option<FaultProfile>, ScenarioError> {
    let Some(root) = document.root.as_object_mut().and_then(|fields| fields.remove(FAULT_PROFILE)) else { return Ok(None) };
    let within = |path: &str| if path == "$" { FAULT_PROFILE.to_owned() } else { format!("{FAULT_PROFILE}.{path}") };
    let profile = decode(&document.part(root)).map_err(|error| ScenarioError { path: within(&error.path), ..error });
    profile.map(Some)
}

fn decode(document: &Document<'_>) -> Result<FaultProfile, ScenarioError> {
    if document.root.is_object() {
        return document.decode(spec);
    }
    let (value, cure) = (document.root.to_string(), spec("$").to_string());
    Err(ScenarioError::new(ScenarioErrorKind::WrongType, document.source(), "$", &value, &cure))
}

/// The values that the field at a path accepts.
fn spec(path: &str) -> FieldSpec {
    match last_name(path) {
        "mean_interval_ms" | "mean_duration_ms" => FieldSpec::Whole(0, u64::MAX),
        "max_duration_ms" => FieldSpec::WholeOrNull(0, u64::MAX),
        "max_down" => FieldSpec::WholeOrNull(0, u64::from(u32::MAX)),
        "kinds" => FieldSpec::Word("kind of fault", "a list of kinds, such as [\"crash\", \"cut\"]"),
        "beyond_claims" => FieldSpec::Described("true or false"),
        "spared_groups" | "uncut_groups" => FieldSpec::Described("a list of groups, such as [\"client\"]"),
        _ => FieldSpec::Described("an object such as {\"kinds\": [\"crash\"], \"mean_interval_ms\": 500}"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::blank(" \n", "1:1", "\"\"", "fill it with a fault profile, such as the one that `cluster-sim fault-profile` prints")]
    #[case::truncated("{\"kinds\": [", "kinds (1:11)", "{\"kinds\": [", "complete the JSON (EOF while parsing a list)")]
    #[case::list("[]", "$", "[]", "use an object such as {\"kinds\": [\"crash\"], \"mean_interval_ms\": 500}")]
    #[case::negative("{\"mean_interval_ms\": -1}", "mean_interval_ms", "-1", "use a whole number from 0 to 18446744073709551615")]
    #[case::fraction("{\"max_down\": 1.5}", "max_down", "1.5", "use null or a whole number from 0 to 4294967295")]
    #[case::word("{\"kinds\": \"crash\"}", "kinds", "\"crash\"", "use a list of kinds, such as [\"crash\", \"cut\"]")]
    #[case::flag("{\"beyond_claims\": 1}", "beyond_claims", "1", "use true or false")]
    #[case::group("{\"spared_groups\": [7]}", "spared_groups[0]", "7", "use a list of groups, such as [\"client\"]")]
    #[case::twice("{\"max_down\": 1, \"max_down\": 2}", "max_down (1:26)", "\"max_down\"", "keep one of the two")]
    fn a_mistake_in_a_profile_names_place_value_and_cure(
        #[case] text: &str,
        #[case] path: &str,
        #[case] value: &str,
        #[case] cure: &str,
    ) {
        let error = read_fault_profile(text, "chaos.json").unwrap_err();
        assert_eq!(
            (error.file.as_str(), error.path.as_str(), error.value.as_str(), error.cure.as_str()),
            ("chaos.json", path, value, cure)
        );
    }

    #[test]
    fn an_unknown_field_or_kind_names_the_one_that_is_meant() {
        let error = read_fault_profile("{\"max_dwn\": 1}", "chaos.json").unwrap_err();
        assert!(
            error.kind == ScenarioErrorKind::UnknownField && error.cure.starts_with("did you mean max_down? use one of "),
            "{error}"
        );
        let error = read_fault_profile("{\"kinds\": [\"crash\", \"lying_snyc\"]}", "chaos.json").unwrap_err();
        assert_eq!((error.kind, error.path.as_str()), (ScenarioErrorKind::Unknown("kind of fault"), "kinds[1]"));
        assert!(error.cure.starts_with("did you mean lying_sync? use one of cut, "), "{error}");
    }

    #[test]
    fn a_scenario_file_holds_a_profile_too() {
        let take = |text| {
            let mut document = Document::parse(text, "my.json").unwrap();
            take_fault_profile(&mut document).map(|profile| (profile, document.root.to_string()))
        };
        assert_eq!(take("{\"seed\": 1}"), Ok((None, "{\"seed\":1}".to_owned())));
        let (profile, rest) = take("{\"seed\": 1, \"fault_profile\": {\"max_down\": 2}}").unwrap();
        assert_eq!((profile, rest.as_str()), (Some(FaultProfile::default().at_most_down(2)), "{\"seed\":1}"));
        assert_eq!(take("{\"fault_profile\": 7}").unwrap_err().path, "fault_profile");
        assert_eq!(take("{\"fault_profile\": {\"kinds\": [\"x\"]}}").unwrap_err().path, "fault_profile.kinds[0]");
    }
}
