//! The hunts, ready to be swept by name; nothing is planted in them.

use serde_json::json;

use super::{Hunt, echo, edge_cache, gossip};
use crate::form::Form;
use crate::prepared::Prepared;
use crate::registry::ReadyScenario;
use crate::rough;

/// A hunt by its form.
type Make = fn(Form) -> Hunt;

/// The ready scenarios for hunting.
pub(crate) fn ready() -> impl IntoIterator<Item = ReadyScenario> {
    let echo: Make = |form| echo(form, None);
    let gossip: Make = |form| gossip(form, None);
    let edge_cache: Make = |form| edge_cache(form, None);
    [
        (
            "hunt-echo",
            "an echo to hunt bugs in: five seconds, many questions, and faults that each seed draws",
            echo,
            Form::Machine,
        ),
        ("hunt-echo-async", "the same, with server and clients written as async functions", echo, Form::Async),
        (
            "hunt-gossip",
            "a gossip to hunt bugs in: five seconds, much news, and faults that each seed draws",
            gossip,
            Form::Machine,
        ),
        ("hunt-gossip-async", "the same, with nodes written as async functions", gossip, Form::Async),
        (
            "hunt-edge-cache",
            "an edge cache to hunt bugs in: gated edges, guarded sessions, and a rule for each promise",
            edge_cache,
            Form::Machine,
        ),
        ("hunt-edge-cache-async", "the same, with clients written as async functions", edge_cache, Form::Async),
    ]
    .map(|(name, summary, hunt, form)| {
        let prepare = move |_: &_| Ok(Prepared::new(hunt(form).scenario(), rough::SEED, json!({"hunt": name, "form": form})));
        ReadyScenario::new(name, summary, prepare)
    })
}
