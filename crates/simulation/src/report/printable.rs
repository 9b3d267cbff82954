//! Text of others, made safe for a terminal and for the log of a pipeline.

use std::borrow::Cow;

/// Beginnings of lines that pipelines run as commands, when they are the first of a line.
const COMMAND: &str = "::";
/// Texts that pipelines run as commands anywhere in a line.
const COMMANDS_ANYWHERE: [&str; 2] = ["##[", "##vso["];

/// Escapes what a terminal or a pipeline would obey instead of show.
///
/// Control characters but line breaks and tabs, and characters that turn the direction of text, are written as Rust escapes
/// (`\u{1b}`). So is the first character of a workflow command, such as `::error::` at the start of a line.
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| line.trim_start().starts_with(COMMAND);
    let has_command = text.lines().any(is_command) || COMMANDS_ANYWHERE.iter().any(|command| text.contains(command));
    if !has_command && !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let mut first = is_command(line);
        for (at, character) in line.char_indices() {
            let begins_command =
                (first && character == ':') || COMMANDS_ANYWHERE.iter().any(|command| line[at..].starts_with(command));
            first &= character != ':';
            match begins_command || is_obeyed(character) {
                true => safe.extend(character.escape_unicode()),
                false => safe.push(character),
            }
        }
    }
    Cow::Owned(safe)
}

/// Whether a terminal obeys it instead of showing it.
fn is_obeyed(character: char) -> bool {
    let turns_direction = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    turns_direction || (character.is_control() && !matches!(character, '\n' | '\t'))
}

/// Puts the later lines of a text under its first one, so that none of them looks like a line of the report.
pub(super) fn indented(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    Cow::Owned(lines.fold(first, |text, line| {
        let indent = if line.is_empty() || line.starts_with("        ") { "" } else { "        " };
        text + "\n" + indent + line
    }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("a key\t7\nan ünïcode line\n", "a key\t7\nan ünïcode line\n")]
    #[case::colour("\u{1b}[31mred", "\\u{1b}[31mred")]
    #[case::overwrites("PASS\rFAIL\u{8}", "PASS\\u{d}FAIL\\u{8}")]
    #[case::direction("a\u{202e}b", "a\\u{202e}b")]
    #[case::command("a::b\n  ::error::c", "a::b\n  \\u{3a}:error::c")]
    #[case::older_command("x ##[group]y ##vso[z]", "x \\u{23}#[group]y \\u{23}#vso[z]")]
    #[case::heading("## a heading # b", "## a heading # b")]
    fn what_a_reader_would_obey_is_escaped(#[case] text: &str, #[case] safe: &str) {
        assert_eq!(printable(text), safe);
        assert_eq!(printable(safe), safe, "once is enough");
    }

    #[test]
    fn later_lines_are_indented_once() {
        assert_eq!(indented("one"), "one");
        assert_eq!(indented("one\nPASS  two\n\n        three"), "one\n        PASS  two\n\n        three");
    }
}
