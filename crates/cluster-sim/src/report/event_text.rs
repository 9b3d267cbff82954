//! One event in words, for whoever tells of events on a terminal or in a log.

use std::fmt;

use cluster_sim_runtime::RecordKind;

/// An event with the names that only the run knows.
#[derive(Debug)]
pub(crate) struct EventText<'a> {
    pub(crate) kind: RecordKind,
    pub(crate) node: &'a str,
    pub(crate) peer: &'a str,
    pub(crate) task: Option<&'a str>,
    /// Which message.
    pub(crate) message: &'a str,
    /// The label of a session.
    pub(crate) session: u64,
    /// Which of its kind: the life of a boot, the token of a timer, the number of a message in its session.
    pub(crate) number: u64,
    /// What a message was lost to, why a session broke, how a task ended.
    pub(crate) cause: &'a str,
    /// What began or ended with it, where that is known.
    pub(crate) span: Option<&'a str>,
}

/// How a task ended, by the number that its record says it with.
pub(crate) fn task_end_text(detail: u32) -> &'static str {
    ["ended", "aborted"].get(detail as usize).copied().unwrap_or("dropped")
}

impl fmt::Display for EventText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, node, peer, task, message, session, number, cause, span } = self;
        if let Some(span) = span {
            return formatter.write_str(span);
        }
        let a_task = task.unwrap_or("a task");
        match kind {
            RecordKind::Boot => write!(formatter, "{node} boots, life {number}"),
            RecordKind::Crash => write!(formatter, "{node} crashes"),
            RecordKind::Kill => write!(formatter, "{node} is killed"),
            RecordKind::Pause => write!(formatter, "{node} pauses"),
            RecordKind::Resume => write!(formatter, "{node} resumes"),
            RecordKind::Send => write!(formatter, "{node} -> {peer}  sends {message}"),
            RecordKind::Copy => write!(formatter, "{node} -> {peer}  copies {message}"),
            RecordKind::Drop => write!(formatter, "{node} -> {peer}  loses {message} to {cause}"),
            RecordKind::Deliver => write!(formatter, "{peer} -> {node}  delivers {message}"),
            RecordKind::Timer => match task {
                Some(task) => write!(formatter, "{node} timer of {task}"),
                None => write!(formatter, "{node} timer {number}"),
            },
            RecordKind::Call => write!(formatter, "{node} is called"),
            RecordKind::Cut => write!(formatter, "cut {number} begins, {node} from {peer}"),
            RecordKind::Heal => write!(formatter, "cut {number} heals"),
            RecordKind::Links => write!(formatter, "links of class {number} change"),
            RecordKind::Spawn => write!(formatter, "{node} spawns {a_task}"),
            RecordKind::Poll => write!(formatter, "{node} polls {a_task}, the {number}. time"),
            RecordKind::TaskEnd => match *cause {
                "ended" => write!(formatter, "{node} {a_task} ends"),
                how => write!(formatter, "{node} {a_task} is {how}"),
            },
            RecordKind::Reseed => write!(formatter, "seed {number:#x} decides from here on"),
            RecordKind::Connect => write!(formatter, "{node} -> {peer}  asks for session {session:016x}, attempt {number}"),
            RecordKind::Accept => write!(formatter, "{peer} -> {node}  is accepted, session {session:016x}"),
            RecordKind::Refuse => write!(formatter, "{peer} -> {node}  is refused, session {session:016x}"),
            RecordKind::SessionSend => {
                write!(formatter, "{node} -> {peer}  sends {message}, number {number} of session {session:016x}")
            }
            RecordKind::Retransmit => write!(formatter, "{node} -> {peer}  sends number {number} of session {session:016x} again"),
            RecordKind::SessionDeliver => {
                write!(formatter, "{peer} -> {node}  delivers {message}, number {number} of session {session:016x}")
            }
            RecordKind::SessionClose => {
                write!(formatter, "{node} -> {peer}  finishes session {session:016x} after {number} messages")
            }
            RecordKind::SessionReset => write!(formatter, "{node} -- {peer}  session {session:016x} is gone: {cause}"),
        }
    }
}
