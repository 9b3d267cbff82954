//! Verdicts as JUnit XML, one case for each scenario and rule.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use cluster_sim_simulation::text::RunVerdict;
use cluster_sim_simulation::{CheckKind, CheckReport, Outcome, Report};

/// The case of each scenario about the run itself: that it ended, and is deterministic.
const RUN: &str = "the run comes to its end";

/// Writes reports as one JUnit suite: a case for each scenario and rule, and one for the run.
///
/// A broken rule is a failure. A rule that proved nothing is an error, as it is for the command's exit code; so is a run that
/// panicked, spent a budget, or is not deterministic. A rule that was not judged, because the run ended before, is skipped. Of
/// several runs of one scenario the first that does not pass decides. Properties of each case are the seed, the digest, and the
/// command that `replay` returns for its report.
///
/// The text holds no times, so equal reports give equal text.
pub fn junit(name: &str, reports: &[Report], replay: impl Fn(&Report) -> Option<String>) -> String {
    junit_of_suite(name, reports, &[], replay)
}

/// A case about the runs of a suite as a whole, such as that all of them took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteCase {
    /// Its name.
    pub name: String,
    /// Why it is not proved; absent if it passed.
    pub error: Option<String>,
}

/// As [`junit`], followed by cases about the suite, of the class `name`. An unproved one is an error.
///
/// A suite of which no run could be reported is not green then: it has the case that says so.
pub fn junit_of_suite(name: &str, reports: &[Report], cases: &[SuiteCase], replay: impl Fn(&Report) -> Option<String>) -> String {
    let mut suite = TestSuite::new(name);
    let mut seen: Vec<(&str, String)> = Vec::new();
    for report in reports {
        for rule in rules(report) {
            if !seen.iter().any(|(scenario, known)| (*scenario, known) == (&report.scenario, &rule)) {
                seen.push((&report.scenario, rule));
            }
        }
    }
    for (scenario, rule) in &seen {
        let judged: Vec<(&Report, TestCaseStatus)> = reports
            .iter()
            .filter(|report| report.scenario == *scenario)
            .filter_map(|report| Some((report, status(report, rule)?)))
            .collect();
        let decides = judged.iter().position(|(_, status)| is_bad(status)).or_else(|| {
            // Another run may have judged a rule that the first one did not.
            judged.iter().position(|(_, status)| matches!(status, TestCaseStatus::Success { .. }))
        });
        if let Some((report, status)) = judged.into_iter().nth(decides.unwrap_or(0)) {
            suite.add_test_case(case(report, rule, status, replay(report)));
        }
    }
    suite.add_test_cases(cases.iter().map(|about_all| {
        let error = about_all.error.as_ref().map(|error| bad(NonSuccessKind::Error, "unknown", error, ""));
        let mut case = TestCase::new(about_all.name.as_str(), error.unwrap_or_else(TestCaseStatus::success));
        case.set_classname(name);
        case
    }));
    let mut document = Document::new(name);
    document.add_test_suite(suite);
    let text = document.to_string().expect("text can be written");
    // The writer leaves out control characters. These two are no characters of XML either, and make the file unreadable.
    text.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}

/// Every rule in a report, and the run itself.
fn rules(report: &Report) -> Vec<String> {
    let mut rules: Vec<String> = report.checks.iter().map(|check| check.name.clone()).collect();
    for violation in &report.violations {
        if !rules.contains(&violation.rule) {
            rules.push(violation.rule.clone());
        }
    }
    rules.push(RUN.to_owned());
    rules
}

fn is_bad(status: &TestCaseStatus) -> bool {
    matches!(status, TestCaseStatus::NonSuccess { .. })
}

/// The status of a rule in a report; `None` if the report does not hold the rule.
fn status(report: &Report, rule: &str) -> Option<TestCaseStatus> {
    if rule == RUN {
        return Some(status_of_run(report));
    }
    let check = report.checks.iter().find(|check| check.name == rule);
    if let Some(violation) = report.violations.iter().find(|violation| violation.rule == rule) {
        return Some(bad(NonSuccessKind::Failure, "violated", &violation.to_string(), &report.to_string()));
    }
    let check = check?;
    Some(match (&check.unknown, why_not_judged(report, check)) {
        (_, Some(why)) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("not judged: {why}"));
            status
        }
        (Some(reason), None) => bad(NonSuccessKind::Error, "unknown", &format!("unknown: {reason}"), ""),
        (None, None) => TestCaseStatus::success(),
    })
}

/// Why a rule that was not broken was not judged either.
fn why_not_judged(report: &Report, check: &CheckReport) -> Option<String> {
    match report.outcome {
        Outcome::Panicked | Outcome::Exhausted | Outcome::Nondeterministic => Some(format!("the run {}", ended(report.outcome))),
        // `eventually` rules are judged only at the end of a run, then all of them.
        Outcome::Violated if check.kind == CheckKind::Eventually => {
            let kind_of = |rule: &str| report.checks.iter().find(|check| check.name == rule).map(|check| check.kind);
            let in_the_end = report.violations.iter().any(|violation| kind_of(&violation.rule) == Some(CheckKind::Eventually));
            (!in_the_end).then(|| "another rule was broken before".to_owned())
        }
        _ => None,
    }
}

/// The verb for the end of a run, such as `panicked`.
fn ended(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Panicked => "panicked",
        Outcome::Exhausted => "spent a budget",
        Outcome::Nondeterministic => "is nondeterministic",
        Outcome::Stale => "is stale",
        Outcome::AssumptionExceeded => "went beyond a claim",
        _ => "came to its end",
    }
}

fn status_of_run(report: &Report) -> TestCaseStatus {
    match report.outcome {
        Outcome::Held | Outcome::Violated | Outcome::Unknown => TestCaseStatus::success(),
        _ => bad(NonSuccessKind::Error, ended(report.outcome), &RunVerdict::of(report, &[]).sentence, &report.to_string()),
    }
}

fn bad(kind: NonSuccessKind, what: &str, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(what).set_message(message);
    if !description.is_empty() {
        status.set_description(description);
    }
    status
}

fn case(report: &Report, rule: &str, status: TestCaseStatus, replay: Option<String>) -> TestCase {
    let mut case = TestCase::new(rule, status);
    case.set_classname(report.scenario.as_str());
    case.add_property(("seed", report.seed().to_string().as_str()));
    if report.divergence.is_none() {
        case.add_property(("digest", report.digest.to_string().as_str()));
    }
    if let Some(replay) = &replay {
        case.add_property(("replay", replay.as_str()));
    }
    case
}
