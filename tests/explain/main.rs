//! What a person and a program see of one run: recordings, summaries of failures, the page, and verdicts for pull requests and pipelines.

mod failure_summary;
mod recording;
mod render;
mod scenarios;
mod verdicts;
