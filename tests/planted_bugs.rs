//! Every planted bug is found by the rule that is there for it, within the seeds that were granted before it was first looked for; and from the
//! same seeds nothing is found where there is none.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::Form;
use cluster_sim_scenarios::hunt::{PLANTED, Planted};

const FORMS: [Form; 2] = [Form::Machine, Form::Async];

/// The first seed that does not hold, and its report.
fn find(planted: Planted, form: Form) -> Option<(u64, Report)> {
    let sweep = planted.bug.hunt(form).scenario().sweep(0..planted.seeds);
    sweep.failure().map(|report| (sweep.held(), report.clone()))
}

#[test]
fn every_planted_bug_is_found_by_its_rule_within_its_seeds() {
    let mut wrong = Vec::new();
    for (planted, form) in PLANTED.into_iter().flat_map(|planted| FORMS.map(|form| (planted, form))) {
        match find(planted, form) {
            None => wrong.push(format!("{} ({form:?}) was not found within {} seeds", planted.bug, planted.seeds)),
            Some((seed, report)) => {
                let rule = report.violations.first().map(|violation| violation.rule.as_str());
                println!(
                    "{:50} {form:8?} seed {seed:4} of {:5}  {}",
                    planted.bug.to_string(),
                    planted.seeds,
                    rule.unwrap_or("no rule")
                );
                if (report.outcome, rule) != (Outcome::Violated, Some(planted.rule)) {
                    wrong.push(format!("{} ({form:?}) was to break {:?}, and did this:\n{report}", planted.bug, planted.rule));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn where_nothing_is_planted_nothing_is_found_in_the_same_seeds() {
    for form in FORMS {
        let most =
            |system: &str| PLANTED.iter().filter(|planted| planted.bug.system() == system).map(|planted| planted.seeds).max();
        for system in ["echo", "gossip", "edge-cache"] {
            let of_system = PLANTED.iter().find(|planted| planted.bug.system() == system).expect("each has some");
            let seeds = most(system).expect("each has some");
            of_system.bug.sound(form).scenario().sweep(0..seeds).assert_ok();
        }
    }
}
