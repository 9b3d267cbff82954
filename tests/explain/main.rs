//! Recordings of a run, and their outputs: failure summaries, node logs, the HTML page, Markdown and JUnit verdicts.

mod failure_summary;
mod recording;
mod render;
mod scenarios;
mod verdicts;
