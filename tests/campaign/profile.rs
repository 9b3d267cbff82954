//! A profile says what took the time of runs, and changes nothing in them.

use cluster_sim::explore::{Profile, ProfilePart, ProfileSubject};
use cluster_sim::prelude::*;
use cluster_sim::report::CheckKind;
use cluster_sim_scenarios::{Variables, builtin};
use rstest::rstest;

/// Counts to fifty, each time in a task of its own.
async fn count(node: Node) {
    for number in 1..=50_u64 {
        let child = node.clone();
        let published = node.spawn(async move { child.publish(|count: &mut u64| *count = number) });
        published.await.expect("nothing aborts it");
        node.sleep(Duration::from_millis(10)).await;
    }
}

/// Three hundred nodes, and a rule over all of their views beside one about each.
fn counting() -> Scenario {
    Scenario::new("counting")
        .nodes("counter", 300, count)
        .always("all counts are small", |world| world.views::<u64>().all(|(_, count)| *count <= 50))
        .always_each("each count is small", |_, count: &u64| *count <= 50)
        .duration(Duration::from_millis(300))
}

fn is_rule(part: &ProfilePart, rule: &str) -> bool {
    matches!(&part.subject, ProfileSubject::Rule { name, .. } if name == rule)
}

#[test]
fn a_rule_over_all_views_of_a_large_cluster_is_named_first() {
    let (report, profile) = counting().profile(Seed(7));
    report.assert_ok();
    let most = profile.by_time()[0];
    assert!(is_rule(most, "all counts are small") && profile.dominant_rule() == Some(most), "{profile}");
    let text = profile.to_string();
    assert!(text.starts_with("rule \"all counts are small\": ") && text.contains("`always_each`"), "{text}");
    let work = report.checks.iter().find(|check| check.name == "all counts are small").expect("it is declared").work;
    assert_eq!((most.calls, most.skips, most.views_read), (work.calls, work.skips, work.views_read));
}

#[test]
fn the_parts_of_a_profile_add_up_to_the_whole() {
    let (_, profile) = counting().profile(Seed(7));
    let parts = profile.by_time();
    assert_eq!(parts.iter().map(|part| part.time).sum::<Duration>(), profile.time);
    let shares: u64 = parts.iter().map(|part| profile.permille(part)).sum();
    assert!(shares.abs_diff(1000) <= parts.len() as u64 / 2, "{profile}");
    assert!(parts.iter().any(|part| part.subject == ProfileSubject::Rest && !part.time.is_zero()), "{profile}");
}

#[test]
fn a_profile_run_is_the_run_without_a_profile() {
    let registry = builtin();
    let mut count = 0;
    for scenario in registry.scenarios().filter(|scenario| scenario.is_for_many_seeds()) {
        let prepared = scenario.prepare(&Variables::default()).expect("a builtin scenario is fit to run");
        for seed in (0..20).map(Seed) {
            let (report, profile) = prepared.scenario().profile(seed);
            assert_eq!(report, prepared.scenario().run(seed), "{} {seed}", scenario.name());
            assert_eq!((profile.runs, profile.steps), (1, report.steps));
        }
        count += 1;
    }
    assert!(count > 5, "{count} scenarios were compared");
}

/// The counts of a profile, which do not depend on the machine.
fn counts(profile: &Profile) -> Vec<(String, [u64; 3])> {
    let mut counts: Vec<_> = profile
        .by_time()
        .into_iter()
        .map(|part| (format!("{:?}", part.subject), [part.calls, part.skips, part.views_read]))
        .collect();
    counts.sort();
    counts
}

#[rstest]
fn a_sweep_sums_up_its_runs_in_threads_and_processes(#[values(false, true)] isolated: bool) {
    let scenario = counting().without("counter/7");
    let campaign = scenario.campaign(3..9).threads(crate::count(2)).with_profile();
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    sweep.assert_ok();
    let swept = sweep.profile().expect("it was asked for");
    let mut sum = Profile::default();
    (3..9).for_each(|seed| sum.add(&scenario.profile(Seed(seed)).1));
    assert_eq!((swept.runs, swept.steps, counts(swept)), (6, sum.steps, counts(&sum)));
    assert_eq!(swept.by_time().iter().map(|part| part.time).sum::<Duration>(), swept.time);
}

#[test]
fn a_sweep_reports_its_failures_alike_with_a_profile() {
    let failing = counting().always_each("no count reaches twenty", |_, count: &u64| *count < 20);
    let plain = failing.campaign(0..8).run();
    let measured = failing.campaign(0..8).with_profile().run();
    assert_eq!((plain.failed(), plain.profile()), (1, None));
    assert_eq!(measured.to_string(), plain.to_string());
    let profile = measured.profile().expect("a failing run is measured too");
    let rule = ProfileSubject::Rule { name: "no count reaches twenty".to_owned(), kind: CheckKind::AlwaysEach };
    assert!(profile.by_time().iter().any(|part| part.subject == rule && part.calls > 0), "{profile}");
}
