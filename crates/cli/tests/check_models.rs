//! Each model of the command `check`: what passes, what fails, what is unknown, and what is refused.

#[expect(dead_code, reason = "the scenario file is for the other commands")]
mod common;

use common::Place;
use rstest::rstest;

/// A history in EDN from a short form: `0 invoke write 3; 0 ok write 3`.
fn edn(events: &str) -> String {
    let event = |event: &str| {
        let mut words = event.trim().splitn(4, ' ');
        let mut word = || words.next().unwrap();
        format!("{{:process {}, :type :{}, :f :{}, :value {}}}\n", word(), word(), word(), words.next().unwrap_or("nil"))
    };
    events.split(';').map(event).collect()
}

fn check(events: &str, flags: &[&str]) -> (Option<i32>, String) {
    let place = Place::new();
    place.file("h", edn(events));
    let finished = place.run(&[&["check", "h", "--model"], flags].concat());
    (finished.code, finished.stdout + &finished.stderr)
}

const NOTHING: &str = "no operation has an answer that could be wrong";

#[rstest]
#[case::cas_register("cas-register", "0 invoke cas [1 2]; 0 fail cas [1 2]; 0 invoke read; 0 ok read nil")]
#[case::registers("registers", "0 invoke write [x 1]; 0 ok write [x 1]; 0 invoke read [y nil]; 0 ok read [y nil]")]
#[case::text("text", "0 invoke put \"a\"; 0 ok put \"a\"; 0 invoke append \"b\"; 0 ok append \"b\"; 0 invoke get; 0 ok get \"ab\"")]
#[case::texts("texts", "0 invoke append [x \"b\"]; 0 ok append [x \"b\"]; 0 invoke get [x nil]; 0 ok get [x \"b\"]")]
#[case::set("set", "0 invoke add 1; 0 ok add 1; 0 invoke contains 2; 0 ok contains false; 0 invoke read; 0 ok read #{1}")]
#[case::queue("queue", "0 invoke enqueue 1; 0 ok enqueue 1; 0 invoke dequeue; 0 ok dequeue 1; 0 invoke dequeue; 0 ok dequeue nil")]
#[case::counter("counter", "0 invoke add 2; 1 invoke read; 1 ok read 2; 0 info add 2")]
#[case::lists("list-append", "0 invoke txn [[:append x 1] [:r x nil]]; 0 ok txn [[:append x 1] [:r x [1]]]")]
#[case::writes("rw-register", "0 invoke txn [[:w x 1] [:r x nil]]; 0 ok txn [[:w x 1] [:r x 1]]")]
#[case::sessions("sessions", "0 invoke write [x 1]; 0 ok write [x 1]; 0 invoke read [x nil]; 0 ok read [x 1]")]
#[case::set_full("set-full", "0 invoke add 1; 0 ok add 1; 0 invoke read; 0 ok read #{1}")]
#[case::total_queue("total-queue", "0 invoke enqueue 1; 0 ok enqueue 1; 0 invoke dequeue; 0 ok dequeue 1")]
#[case::unique_ids("unique-ids", "0 invoke generate; 0 ok generate 7; 0 invoke generate; 0 ok generate 8")]
#[case::counter_bounds("counter-bounds", "0 invoke add 2; 1 invoke read; 1 ok read 0; 0 ok add 2")]
#[case::bank(
    "bank",
    "0 invoke read; 0 ok read {a 5, b 0}; 0 invoke transfer {:from a, :to b, :amount 2}; 0 ok transfer {:from a, :to b, :amount 2}; \
     0 invoke read; 0 ok read {a 3, b 2}"
)]
fn what_a_correct_system_can_answer_passes(#[case] model: &str, #[case] events: &str) {
    let (code, output) = check(events, &[model]);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.starts_with(&format!("PASS  h  {model}: ")), "{output}");
}

#[rstest]
#[case::cas_register("cas-register", "0 invoke cas [1 2]; 0 ok cas [1 2]", "compare-and-set 1 to 2 of process 0")]
#[case::registers(
    "registers",
    "0 invoke write [x 1]; 0 ok write [x 1]; 0 invoke read [x nil]; 0 ok read [x nil]",
    "\"x\": read nothing"
)]
#[case::text("text", "0 invoke get; 0 ok get \"a\"", "cannot be placed")]
#[case::texts(
    "texts",
    "0 invoke append [x \"b\"]; 0 ok append [x \"b\"]; 0 invoke get [x nil]; 0 ok get [x \"c\"]",
    "cannot be placed"
)]
#[case::set("set", "0 invoke add 1; 0 ok add 1; 0 invoke read; 0 ok read #{}", "cannot be placed")]
#[case::queue("queue", "0 invoke enqueue 1; 0 ok enqueue 1; 0 invoke dequeue; 0 ok dequeue nil", "cannot be placed")]
#[case::counter("counter", "0 invoke add 2; 0 ok add 2; 0 invoke read; 0 ok read 0", "cannot be placed")]
#[case::lists(
    "list-append",
    "0 invoke txn [[:r x nil] [:append y 1]]; 1 invoke txn [[:r y nil] [:append x 2]]; 0 ok txn [[:r x []] [:append y 1]]; \
     1 ok txn [[:r y []] [:append x 2]]",
    "G2-item: T0 read \"x\" as [] before T1 appended 2 to it, which no read shows; T1 read \"y\" as [] before T0 appended 1"
)]
#[case::writes(
    "rw-register",
    "0 invoke txn [[:r x nil] [:w y 1]]; 1 invoke txn [[:r y nil] [:w x 2]]; 0 ok txn [[:r x nil] [:w y 1]]; \
     1 ok txn [[:r y nil] [:w x 2]]",
    "G2-item: T0 read \"x\" as nothing before T1 wrote 2 to it; T1 read \"y\" as nothing before T0 wrote 1 to it"
)]
#[case::sessions(
    "sessions",
    "0 invoke write [x 1]; 0 ok write [x 1]; 0 invoke write [x 2]; 0 ok write [x 2]; 1 invoke read [x nil]; 1 ok read [x 2]; \
     1 invoke read [x nil]; 1 ok read [x 1]",
    "\"x\" has no order of versions"
)]
#[case::set_full("set-full", "0 invoke add 1; 0 ok add 1; 0 invoke read; 0 ok read #{}", "1")]
#[case::total_queue("total-queue", "0 invoke enqueue 1; 0 ok enqueue 1; 0 invoke dequeue; 0 ok dequeue 2", "2")]
#[case::unique_ids("unique-ids", "0 invoke generate; 0 ok generate 7; 0 invoke generate; 0 ok generate 7", "7 was given twice")]
#[case::counter_bounds("counter-bounds", "0 invoke add 2; 0 ok add 2; 0 invoke read; 0 ok read 0", "0")]
#[case::bank(
    "bank",
    "0 invoke read; 0 ok read {a 5, b 0}; 0 invoke read; 0 ok read {a 3, b 1}",
    "a snapshot shows 4 in all accounts, not 5"
)]
fn what_no_correct_system_can_answer_fails(#[case] model: &str, #[case] events: &str, #[case] why: &str) {
    let (code, output) = check(events, &[model]);
    assert_eq!(code, Some(1), "{output}");
    assert!(output.starts_with(&format!("FAIL  h  {model}: ")), "{output}");
    assert!(output.lines().nth(1).is_some_and(|line| line.contains(why)), "{output}");
}

#[rstest]
#[case::cas_register("cas-register", "0 invoke write 1", NOTHING)]
#[case::registers("registers", "0 invoke write [x 1]", NOTHING)]
#[case::text("text", "0 invoke put \"a\"", NOTHING)]
#[case::texts("texts", "0 invoke put [x \"a\"]", NOTHING)]
#[case::set(
    "set",
    "0 invoke add 1; 0 ok add 1; 0 invoke read; 0 ok read [1]",
    "1 steps of the model were not enough: raise --max-steps"
)]
#[case::queue("queue", "0 invoke enqueue 1; 0 ok enqueue 1; 0 invoke dequeue; 0 ok dequeue 1", "raise --max-steps")]
#[case::counter("counter", "0 invoke add 1; 0 ok add 1; 0 invoke read; 0 ok read 1", "raise --max-steps")]
#[case::lists(
    "list-append",
    "0 invoke txn [[:append x 1]]; 1 invoke txn [[:append x 1]]",
    "operations 0 and 1 both wrote 1 to \"x\""
)]
#[case::writes("rw-register", "0 invoke txn [[:w x 1]]; 1 invoke txn [[:w x 1]]", "operations 0 and 1 both wrote 1 to \"x\"")]
#[case::sessions(
    "sessions",
    "0 invoke write [x 1]; 0 ok write [x 1]; 0 invoke write [x 1]; 0 ok write [x 1]",
    "1 was written to \"x\" twice"
)]
#[case::set_full("set-full", "0 invoke add 1; 0 ok add 1", "")]
#[case::total_queue("total-queue", "0 invoke enqueue 1", NOTHING)]
#[case::unique_ids("unique-ids", "0 invoke generate; 0 info generate", NOTHING)]
#[case::counter_bounds("counter-bounds", "0 invoke add 1; 0 ok add 1", NOTHING)]
#[case::bank("bank", "0 invoke transfer {:from a, :to b, :amount 2}", NOTHING)]
fn what_cannot_be_judged_is_unknown(#[case] model: &str, #[case] events: &str, #[case] why: &str) {
    let (code, output) = check(events, &[model, "--max-steps", "1"]);
    assert_eq!(code, Some(4), "{output}");
    assert!(output.starts_with(&format!("UNKNOWN  h  {model}: ")), "{output}");
    assert!(output.lines().nth(1).is_some_and(|line| line.contains(why)), "{output}");
}

#[rstest]
#[case::cas_register(
    "cas-register",
    "0 invoke sing",
    "unknown operation sing; the model has read, write and cas: choose another model"
)]
#[case::nil("cas-register", "0 invoke write nil", ":value is nil; expected a value: nil is what a read of none shows")]
#[case::registers("registers", "0 invoke write 1", ":value is 1; expected [key value], or a :key beside it")]
#[case::other_key(
    "registers",
    "0 invoke write [x 1]; 0 ok write [y 1]",
    ":value is [\"y\" 1]; expected [\"x\" value], as the call has it"
)]
#[case::text("text", "0 invoke put 1", ":value is 1; expected a text")]
#[case::texts("texts", "0 invoke get [x nil]; 0 ok get [x 1]", "expected a text")]
#[case::set("set", "0 invoke contains 1; 0 ok contains 1", ":value is 1; expected true or false")]
#[case::queue("queue", "0 invoke drain", "unknown operation drain; the model has enqueue and dequeue")]
#[case::counter("counter", "0 invoke add x", ":value is \"x\"; expected a whole number")]
#[case::lists("list-append", "0 invoke txn [[:w x 1]]", "expected steps of :append and :r, not of :w")]
#[case::steps("list-append", "0 invoke txn [[:r x nil]]; 0 ok txn []", ":value is []; expected 1 steps, as the call has")]
#[case::reads("list-append", "0 invoke txn [[:r x nil]]; 0 ok txn [[:r x 1]]", "expected reads of a list")]
#[case::writes("rw-register", "0 invoke txn [:w x 1]", "expected steps such as [[:w 3 1] [:r 4 nil]]")]
#[case::sessions("sessions", "0 invoke cas [x 1]", "expected [old new]")]
#[case::set_full("set-full", "0 invoke read; 0 ok read 1", "expected the elements, as #{1 2} or [1 2]")]
#[case::total_queue("total-queue", "0 invoke push 1", "unknown operation push")]
#[case::unique_ids("unique-ids", "0 invoke generate; 0 ok generate nil", "expected an identifier")]
#[case::counter_bounds("counter-bounds", "0 invoke read; 0 ok read nil", "expected a whole number")]
#[case::bank("bank", "0 invoke transfer {:from a, :to b}", "expected {:from 0, :to 1, :amount 5}")]
#[case::balances("bank", "0 invoke read; 0 ok read [1 2]", "expected the balances, as {0 10, 1 20}")]
fn what_a_model_does_not_have_is_refused(#[case] model: &str, #[case] events: &str, #[case] cure: &str) {
    let (code, output) = check(events, &[model]);
    let line = events.split(';').count();
    assert_eq!(code, Some(2), "{output}");
    assert!(output.starts_with(&format!("cluster-sim: could not run: h: at line {line}: ")), "{output}");
    assert!(output.contains(cure) && output.lines().count() == 1, "{output}");
}

/// Two transactions each miss what the other wrote: write skew.
const SKEW: &str = "0 invoke txn [[:r x nil] [:append y 1]]; 1 invoke txn [[:r y nil] [:append x 2]]; \
    0 ok txn [[:r x []] [:append y 1]]; 1 ok txn [[:r y []] [:append x 2]]";

#[rstest]
#[case::default(&[], 1, "FAIL  h  list-append: strict-serializable\n")]
#[case::serializable(&["--level", "serializable"], 1, "FAIL  h  list-append: serializable\n")]
#[case::snapshots(&["--level", "snapshot-isolation"], 0, "PASS  h  list-append: snapshot-isolation\n")]
fn the_level_decides_about_write_skew(#[case] flags: &[&str], #[case] expected: i32, #[case] start: &str) {
    let (code, output) = check(SKEW, &[&["list-append"], flags].concat());
    assert_eq!(code, Some(expected), "{output}");
    assert!(output.starts_with(start), "{output}");
}

#[test]
fn a_cycle_of_transactions_is_drawn_as_a_graph() {
    let place = Place::new();
    place.file("h", edn(SKEW));
    let finished = place.run(&["check", "h", "--model", "list-append", "--html", "page.html"]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    let count = |part: &str| page.matches(part).count();
    assert_eq!((count("<svg class=\"cycle\""), count("class=\"transaction\""), count("class=\"arrow rw\"")), (1, 2, 2), "{page}");
    assert!(page.contains("role=\"img\" aria-label=\"G2-item: T0 read &quot;x&quot; as [] before T1 appended 2"), "{page}");
    assert!(page.contains("<title>T1 before T0: T1 read &quot;y&quot; as [] before T0 appended 1 to it"), "{page}");
    assert!(page.contains(">&quot;y&quot;: [], then 1</text>") && page.contains(">append 2 to &quot;x&quot;</text>"), "{page}");
    assert!(!page.contains("<script"), "a reader needs no script");
}

#[test]
fn a_level_of_a_model_without_transactions_is_refused() {
    let (code, output) = check("0 invoke read", &["queue", "--level", "serializable"]);
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("at --level: \"serializable\"") && output.contains("queue has no transactions"), "{output}");
}
