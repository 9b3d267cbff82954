//! Recordings of a run, and their outputs: failure summaries, node logs and the log in them, the HTML page, Markdown and JUnit verdicts.

mod failure_summary;
mod logs;
mod recording;
mod render;
mod scenarios;
mod verdicts;
