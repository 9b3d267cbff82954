//! The help, with examples and variables of the systems in the registry.

use std::fmt::Write;

use clap::CommandFactory;
use cluster_sim_registry::{BuiltinScenario, Registry};

use crate::arguments::Arguments;
use crate::fault_profile;

/// The columns of texts in the help, below the `term_width` of the arguments.
const WIDTH: usize = 98;
/// The column at which the text about a variable begins.
const VARIABLE_INDENT: usize = 11;

const EXIT_CODES: &str = "\
Exit codes:
  0    PASS: every rule held
  1    FAIL: a rule was violated, a node panicked, or a --max limit was exceeded
  2    bad input or usage; nothing was run, and an existing report is unchanged; or a PASS of which
       not everything asked for could be written
  3    NONDETERMINISTIC: two runs of one seed differ
  4    UNKNOWN: a budget ran out, a rule could not be judged, or required coverage is missing
  101  a bug in cluster-sim itself
  130  interrupted; 143 by SIGTERM, 129 by SIGHUP
";

const LOG_HELP: &str = "what to log to stderr, such as debug or my_crate=debug; each line begins with the virtual time and the node [default: \
                        nothing]";

const SWEEP_OUTPUT: &str = "
The summary goes to stdout; progress goes to stderr, off a terminal as lines. An interrupt (Ctrl-C,
SIGTERM, SIGHUP) ends the sweep, or its minimizing, with what was found up to then; a second one
ends it at once.
";

/// The command line with the help of this registry.
pub(crate) fn command(registry: &Registry) -> clap::Command {
    let legend = legend(registry);
    let examples = Examples::of(registry);
    let with_examples = |name: &str, examples: String, command: clap::Command| {
        let legend = legend.clone();
        command.mut_subcommand(name, |command| command.before_help(examples).after_help(legend))
    };
    let command = Arguments::command().before_help(examples.overview()).after_help(legend.clone());
    let command = with_examples("run", examples.run(registry), command);
    let command = with_examples("sweep", examples.sweep() + SWEEP_OUTPUT, command);
    let command = with_examples("replay", examples.replay(), command);
    let command = command.mut_subcommand("schema", |command| command.before_help(examples.schema(registry)));
    command.mut_subcommand("fault-profile", |command| command.before_help(examples.fault_profile()).after_help(kinds()))
}

/// Names for the examples.
struct Examples {
    /// A scenario, the first of the registry.
    scenario: String,
    /// A short scenario.
    short: String,
    /// Limits as text; as many as the systems know.
    limits: Vec<String>,
    /// A scenario file, if any system has files.
    file: Option<&'static str>,
}

impl Examples {
    fn of(registry: &Registry) -> Self {
        let name = |scenario: Option<&BuiltinScenario>| scenario.map_or("NAME", BuiltinScenario::name).to_owned();
        let first = registry.scenarios().next();
        Self {
            scenario: name(first),
            short: name(registry.scenarios().find(|scenario| scenario.is_for_many_seeds()).or(first)),
            limits: registry.limits().map(|limit| limit.to_string()).collect(),
            file: registry.file_formats().next().map(|_| "my.json"),
        }
    }

    fn overview(&self) -> String {
        let Self { scenario, short, .. } = self;
        let mut lines = vec![
            ("cluster-sim list".to_owned(), "the builtin scenarios"),
            (format!("cluster-sim run {scenario}"), "run one, print a summary"),
        ];
        lines.extend(self.file.map(|file| (format!("cluster-sim run --scenario {file} --out report.json"), "")));
        lines.extend(self.limits.first().map(|limit| (format!("cluster-sim run {scenario} --max {limit}"), "")));
        lines.extend([(format!("cluster-sim sweep {short}"), "run it from 1024 seeds"), (self.reproducer(), "")]);
        examples(lines)
    }

    fn run(&self, registry: &Registry) -> String {
        let scenario = &*self.scenario;
        let any = self.file.unwrap_or(scenario);
        let mut lines = vec![(format!("cluster-sim run {scenario}"), "a builtin scenario; prints a summary")];
        if let Some(file) = self.file {
            lines.push((format!("cluster-sim run {file} --out report.json"), "a scenario file; writes a report too"));
        }
        lines.push((format!("cluster-sim run {any} --seed $(git rev-parse HEAD)"), ""));
        if !self.limits.is_empty() {
            let limits: Vec<_> = self.limits.iter().take(2).map(|limit| format!("--max {limit}")).collect();
            lines.push((format!("cluster-sim run {any} {}", limits.join(" ")), ""));
        }
        lines.push((format!("cluster-sim run {scenario} --check-determinism"), "run it in two processes and compare"));
        lines.push((format!("cluster-sim run {scenario} --profile"), "what each rule took of the time"));
        lines.push((format!("cluster-sim fault-profile {scenario} > chaos.json"), "the faults that seeds draw, to change"));
        lines.push((format!("cluster-sim run {scenario} --fault-profile chaos.json"), ""));
        examples(lines) + &files(registry)
    }

    fn sweep(&self) -> String {
        let short = &*self.short;
        let any = self.file.unwrap_or(short);
        let mut lines = vec![
            (format!("cluster-sim sweep {short}"), "1024 seeds, fresh for each git revision"),
            (format!("cluster-sim sweep {short} --seeds 10000 --max-failures 3"), ""),
            (format!("cluster-sim sweep {any} --seeds 0x2a..0x2b"), "one seed"),
            (format!("cluster-sim sweep {any} --isolate"), "survives nodes that abort or hang"),
        ];
        lines.extend(self.limits.last().map(|limit| (format!("cluster-sim sweep {short} --seeds 1000 --max {limit}"), "")));
        examples(lines)
    }

    fn fault_profile(&self) -> String {
        let short = &*self.short;
        examples(vec![
            (format!("cluster-sim fault-profile {short} > chaos.json"), "write one, then edit it"),
            (format!("cluster-sim sweep {short} --fault-profile chaos.json"), "run seeds under it"),
        ])
    }

    fn schema(&self, registry: &Registry) -> String {
        let system = registry.general_formats().next().map_or("SYSTEM", |(name, _)| name);
        examples(vec![
            ("cluster-sim schema > scenario.schema.json".to_owned(), "for all systems"),
            (format!("cluster-sim schema {system} --fields"), "what a file of one may say"),
        ])
    }

    fn replay(&self) -> String {
        examples(vec![
            (self.reproducer(), ""),
            ("cluster-sim replay reproducer.json --original".to_owned(), "every fault, and every random choice of the seed"),
            ("cluster-sim replay reproducer.json --html run.html".to_owned(), ""),
        ])
    }

    fn reproducer(&self) -> String {
        format!("cluster-sim replay target/cluster-sim/{}/0x5b/reproducer.json", self.short)
    }
}

fn examples(lines: Vec<(String, &str)>) -> String {
    let line = |(command, purpose): &(String, &str)| format!("  {command:48}  {purpose}").trim_end().to_owned() + "\n";
    "Examples:\n".to_owned() + &lines.iter().map(line).collect::<String>()
}

/// The smallest file of each format.
fn files(registry: &Registry) -> String {
    let formats: Vec<_> = registry.file_formats().collect();
    let mut text = String::new();
    for (index, (name, format)) in formats.iter().enumerate() {
        let begin = if index == 0 { "\nA scenario file is JSON. The smallest one" } else { "The smallest one" };
        let of = if formats.len() > 1 { format!(" of {name}") } else { String::new() };
        text += &format!("{begin}{of}:\n");
        format.example.lines().for_each(|line| text += &format!("  {line}\n"));
    }
    let general: Vec<_> = registry.general_formats().collect();
    if let Some((name, format)) = general.first() {
        let names: Vec<_> = general.iter().map(|(name, _)| *name).collect();
        text += &format!("\nOther systems ({}) have files of one general format. A small one of {name}:\n", names.join(", "));
        format.example.lines().for_each(|line| text += &format!("  {line}\n"));
        text += "`cluster-sim schema SYSTEM` prints the JSON Schema of its files, with --fields a list.\n";
    }
    if !formats.is_empty() || !general.is_empty() {
        text += "Every report repeats its scenario with all defaults filled in: start from that.\n";
    }
    text
}

/// The exit codes and the environment variables.
fn legend(registry: &Registry) -> String {
    let mut text = EXIT_CODES.to_owned() + "\nEnvironment:\n";
    let variables = registry.variables().map(|variable| (variable.name, variable.help));
    for (name, help) in variables.chain([(crate::environment::LOG, LOG_HELP)]) {
        let indent = " ".repeat(VARIABLE_INDENT);
        let help = wrapped(help, WIDTH - VARIABLE_INDENT).join(&format!("\n{indent}"));
        // A long name has a line of its own.
        let gap =
            if name.len() + 3 <= VARIABLE_INDENT { " ".repeat(VARIABLE_INDENT - 2 - name.len()) } else { format!("\n{indent}") };
        writeln!(text, "  {name}{gap}{help}").expect("a string can be written to");
    }
    text
}

/// The kinds of faults that a profile may name.
fn kinds() -> String {
    wrapped(&fault_profile::kinds(), WIDTH - 2).iter().fold("Kinds of faults:\n".to_owned(), |text, line| text + "  " + line + "\n")
}

/// Breaks a text into lines of at most `width` characters, where its words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => *line += &format!(" {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_do_not_conflict() {
        command(&Registry::new()).debug_assert();
    }

    #[test]
    fn without_systems_the_help_shows_neither_files_nor_limits() {
        let mut command = command(&Registry::new());
        let run = command.find_subcommand_mut("run").expect("it is a command").render_long_help().to_string();
        assert!(run.contains("cluster-sim run NAME") && run.contains("RUST_LOG what"), "{run}");
        assert!(!run.contains("my.json") && !run.contains("The smallest"), "{run}");
    }

    #[test]
    fn lines_are_as_long_as_words_allow() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 6), ["one", "two", "three"]);
        assert_eq!(wrapped("unbreakable", 3), ["unbreakable"]);
    }
}
