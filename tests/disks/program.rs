//! A node that runs a list of disk operations one after the other, as a machine and as an async node.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use cluster_sim::node::{DiskOp, DiskOutput, DiskResult, File, FileId, OpenOptions};
use cluster_sim::prelude::*;

/// One step of a program.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Waits until this time of the run.
    Until(Duration),
    /// Runs an operation, and waits for its answer.
    Run(DiskOp),
}

/// The answers to the operations of the present life, each with its time in microseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answers(pub(crate) Vec<(u64, DiskResult)>);

/// The one file of most programs.
pub(crate) const LOG: FileId = FileId(0);

/// Both forms of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A machine.
    Machine,
    /// An async node.
    Node,
}

/// Both.
pub(crate) const FORMS: [Form; 2] = [Form::Machine, Form::Node];

fn microseconds(now: LocalInstant) -> u64 {
    now.as_nanoseconds() / 1_000
}

/// The time after which an open that failed is tried again.
const AGAIN: Duration = Duration::from_millis(5);

struct Program {
    steps: VecDeque<Step>,
    /// The operation that waits for its answer.
    running: Option<DiskOp>,
    answers: Answers,
}

impl Program {
    fn advance(&mut self, now: LocalInstant, effects: &mut Effects<()>) {
        while let Some(step) = self.steps.pop_front() {
            match step {
                Step::Until(at) => match at.checked_sub(Duration::from_nanos(now.as_nanoseconds())) {
                    Some(wait) if !wait.is_zero() => return effects.set_timer(Timer(0), wait),
                    _ => {}
                },
                Step::Run(op) => {
                    self.running = Some(op.clone());
                    return effects.disk(0_u64, op);
                }
            }
        }
    }
}

impl Machine for Program {
    type Message = ();
    type View = Answers;

    fn step(&mut self, now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        if let Input::Disk(_, result) = input {
            let op = self.running.take();
            if let Some(op @ DiskOp::Open { .. }) = op
                && result.is_err()
            {
                self.steps.push_front(Step::Run(op));
                return effects.set_timer(Timer(0), AGAIN);
            }
            self.answers.0.push((microseconds(now), result));
        }
        self.advance(now, effects);
    }

    fn view(&self) -> &Answers {
        &self.answers
    }
}

async fn run(node: Node, steps: Vec<Step>) {
    let mut files: BTreeMap<FileId, File> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Until(at) => {
                let wait = at.saturating_sub(Duration::from_nanos(node.now().as_nanoseconds()));
                node.sleep(wait).await;
            }
            Step::Run(op) => {
                let result = run_one(&node, &mut files, op).await;
                let now = microseconds(node.now());
                node.publish(|answers: &mut Answers| answers.0.push((now, result)));
            }
        }
    }
    std::future::pending().await
}

async fn run_one(node: &Node, files: &mut BTreeMap<FileId, File>, op: DiskOp) -> DiskResult {
    let (disk, done) = (node.disk(), |()| DiskOutput::Done);
    match op {
        DiskOp::Open { file, path, options } => {
            let open = loop {
                match disk.open(&path, options).await {
                    Ok(open) => break open,
                    Err(_) => node.sleep(AGAIN).await,
                }
            };
            files.insert(file, open);
            Ok(DiskOutput::Done)
        }
        DiskOp::Read { file, offset, length } => files[&file].read_at(offset, length).await.map(DiskOutput::Data),
        DiskOp::Write { file, offset, data } => files[&file].write_at(offset, data).await.map(done),
        DiskOp::Append { file, data } => files[&file].append(data).await.map(DiskOutput::Appended),
        DiskOp::SetLen { file, length } => files[&file].set_len(length).await.map(done),
        DiskOp::Sync { file } => files[&file].sync().await.map(done),
        DiskOp::CreateDir { path } => disk.create_dir(&path).await.map(done),
        DiskOp::Rename { from, to } => disk.rename(&from, &to).await.map(done),
        DiskOp::Remove { path } => disk.remove(&path).await.map(done),
        DiskOp::List { path } => disk.list(&path).await.map(DiskOutput::Entries),
        DiskOp::Metadata { path } => disk.metadata(&path).await.map(DiskOutput::Metadata),
        DiskOp::SyncDir { path } => disk.sync_dir(&path).await.map(done),
        DiskOp::Space => disk.space().await.map(DiskOutput::Space),
        other => panic!("a program has no {other:?}"),
    }
}

/// A scenario of one node, `a/0`, that runs `first` in its first life and `later` in all later ones.
pub(crate) fn scenario(form: Form, first: Vec<Step>, later: Vec<Step>) -> Scenario {
    let lives = Arc::new([first, later]);
    let steps_of = move |life: u32| lives[usize::from(life > 0)].clone();
    let scenario = Scenario::new("program").start_together().duration(Duration::from_secs(10));
    match form {
        Form::Machine => scenario.machines("a", 1, move |boot: &Boot| Program {
            steps: steps_of(boot.info().incarnation().0).into(),
            running: None,
            answers: Answers::default(),
        }),
        Form::Node => scenario.nodes("a", 1, move |node: Node| {
            let steps = steps_of(node.incarnation().0);
            run(node, steps)
        }),
    }
}

/// The result of a program.
pub(crate) struct Ran {
    /// The answers of the last life.
    pub(crate) answers: Vec<DiskResult>,
    /// Their times, in microseconds.
    pub(crate) times: Vec<u64>,
    pub(crate) report: Report,
}

impl Ran {
    /// How many operations the first fault hit, and on how many it had an effect.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.report.faults[0].fired, self.report.faults[0].effect)
    }

    /// The text of the first fault's effect.
    pub(crate) fn effect(&self) -> String {
        self.report.faults[0].effect_text(self.report.ended_at)
    }

    /// The bytes that the answer at that position has.
    pub(crate) fn data(&self, position: usize) -> &[u8] {
        match &self.answers[position] {
            Ok(DiskOutput::Data(data)) => data,
            other => panic!("answer {position} is {other:?}"),
        }
    }
}

/// Runs a scenario of a program for that many milliseconds.
pub(crate) fn run_for(scenario: &Scenario, milliseconds: u64) -> Ran {
    let mut sim = scenario.start(Seed(7));
    sim.run_for(Duration::from_millis(milliseconds));
    let answers = sim.inspect(|world| world.view::<Answers>(NodeId(0)).cloned().unwrap_or_default());
    let report = sim.finish();
    report.assert_ok();
    let (times, answers) = answers.0.into_iter().unzip();
    Ran { answers, times, report }
}

/// Runs a program under faults, in both forms, which have to agree; returns the run of the machine.
pub(crate) fn under(plan: FaultPlan, first: Vec<Step>, later: Vec<Step>) -> Ran {
    agreed(first, later, |scenario| scenario.faults(plan.clone()))
}

/// As [`under`], with no chance: operations take their median time, and a crash keeps what was synced and nothing else.
pub(crate) fn under_canonical(plan: FaultPlan, first: Vec<Step>, later: Vec<Step>) -> Ran {
    agreed(first, later, |scenario| scenario.faults(plan.clone()).with_decisions(&[]))
}

/// Runs a program in both forms, which have to agree; returns the run of the machine.
pub(crate) fn agreed(first: Vec<Step>, later: Vec<Step>, with: impl Fn(Scenario) -> Scenario) -> Ran {
    let [machine, node] = FORMS.map(|form| run_for(&with(scenario(form, first.clone(), later.clone())), 2_000));
    assert_eq!(machine.answers, node.answers, "a machine and an async node get equal answers");
    assert_eq!(machine.report.faults.first().map(|_| machine.counts()), node.report.faults.first().map(|_| node.counts()));
    machine
}

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn until(milliseconds: u64) -> Step {
    Step::Until(ms(milliseconds))
}

pub(crate) fn open() -> Vec<Step> {
    let open = DiskOp::Open { file: LOG, path: "log".into(), options: OpenOptions::create() };
    vec![Step::Run(open), Step::Run(DiskOp::SyncDir { path: "/".into() })]
}

pub(crate) fn append(data: &[u8]) -> Step {
    Step::Run(DiskOp::Append { file: LOG, data: data.to_vec() })
}

pub(crate) fn write(offset: u64, data: &[u8]) -> Step {
    Step::Run(DiskOp::Write { file: LOG, offset, data: data.to_vec() })
}

pub(crate) fn sync() -> Step {
    Step::Run(DiskOp::Sync { file: LOG })
}

pub(crate) fn read(offset: u64, length: u32) -> Step {
    Step::Run(DiskOp::Read { file: LOG, offset, length })
}

/// Opens the log, then runs these steps.
pub(crate) fn with_log(steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    open().into_iter().chain(steps).collect()
}
