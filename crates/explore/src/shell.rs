//! Commands that a reader pastes into a shell.
//!
//! On Unix they are quoted for POSIX shells, and set a variable by `NAME=value command`. Windows has no such form, so there
//! cargo sets the variable, in a form that `cmd` and PowerShell read alike.

use std::borrow::Cow;

use crate::environment::{NEXTEST, environment_variable};

/// The shells that a command is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    Posix,
    Windows,
}

impl Shell {
    const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Posix };

    /// Quotes a word, unless it needs no quotes.
    fn quoted(self, word: &str) -> Cow<'_, str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
        let is_safe = |byte: u8| is_plain(byte) || (self == Self::Windows && byte == b'\\');
        if !word.is_empty() && word.bytes().all(is_safe) {
            return Cow::Borrowed(word);
        }
        Cow::Owned(match self {
            Self::Posix => format!("'{}'", word.replace('\'', r"'\''")),
            Self::Windows => format!("\"{}\"", word.replace('"', "\\\"")),
        })
    }

    /// A command that runs one test with a variable set.
    fn test_with(self, (variable, value): (&str, &str), (package, test): (&str, &str), runs_nextest: bool) -> String {
        let (runner, selected) = if runs_nextest {
            ("cargo nextest run", format!("-E {}", self.quoted(&format!("test(={test})"))))
        } else {
            ("cargo test", format!("{} -- --exact", self.quoted(test)))
        };
        let package = self.quoted(package);
        match self {
            Self::Posix => format!("{variable}={} {runner} -p {package} {selected}", self.quoted(value)),
            Self::Windows => {
                // A literal string of TOML, in which a backslash is a backslash.
                let quotes = if value.contains('\'') { "'''" } else { "'" };
                format!("{runner} --config \"env.{variable}={quotes}{value}{quotes}\" -p {package} {selected}")
            }
        }
    }
}

/// Quotes a word for the shell of this platform, unless it needs no quotes.
///
/// For a POSIX shell in single quotes, on Windows in double quotes.
pub fn shell_quoted(word: &str) -> Cow<'_, str> {
    Shell::HERE.quoted(word)
}

/// The command that runs one test with a variable set, by the runner of this test, if this is one.
pub(crate) fn test_command(variable: &str, value: &str, package: &str, test: &str) -> String {
    Shell::HERE.test_with((variable, value), (package, test), environment_variable(NEXTEST).is_some())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("target/cluster-sim/store-all_agree/0x2a", "target/cluster-sim/store-all_agree/0x2a")]
    #[case("a b", "'a b'")]
    #[case("", "''")]
    #[case("it's", r"'it'\''s'")]
    #[case("$HOME `id` \"x\" \\ ! * ~ #", "'$HOME `id` \"x\" \\ ! * ~ #'")]
    fn a_word_is_quoted_where_a_shell_needs_it(#[case] word: &str, #[case] expected: &str) {
        assert_eq!(Shell::Posix.quoted(word), expected);
    }

    #[cfg(unix)]
    #[rstest]
    fn a_shell_reads_a_quoted_word_as_it_was(
        #[values("a b", "", "it's", "\"", "$HOME", "`id`", "\\", "a\nb", "-n", "*", "~", "größe", "a;b", "a'b'c", "#", "!!")]
        word: &str,
    ) {
        let script = format!("printf %s {}", Shell::Posix.quoted(word));
        let output = Command::new("sh").args(["-c", &script]).output().expect("there is a shell");
        assert_eq!(String::from_utf8(output.stdout).expect("it is text"), word, "{script}");
    }

    #[test]
    fn the_command_fits_the_runner_and_the_shell() {
        let command = |shell: Shell, value, runs_nextest| {
            shell.test_with(("CLUSTER_SIM_REPLAY", value), ("store", "tests::all_agree"), runs_nextest)
        };
        let expected = "CLUSTER_SIM_REPLAY='a b/r.json' cargo nextest run -p store -E 'test(=tests::all_agree)'";
        assert_eq!(command(Shell::Posix, "a b/r.json", true), expected);
        let expected = "CLUSTER_SIM_REPLAY=r.json cargo test -p store tests::all_agree -- --exact";
        assert_eq!(command(Shell::Posix, "r.json", false), expected);
        let expected =
            r#"cargo nextest run --config "env.CLUSTER_SIM_REPLAY='C:\a b\r.json'" -p store -E "test(=tests::all_agree)""#;
        assert_eq!(command(Shell::Windows, r"C:\a b\r.json", true), expected);
        let expected = r#"cargo test --config "env.CLUSTER_SIM_REPLAY='''it's'''" -p store tests::all_agree -- --exact"#;
        assert_eq!(command(Shell::Windows, "it's", false), expected);
    }

    #[test]
    fn on_windows_a_word_is_in_double_quotes() {
        let quoted = [r"C:\a\b", r"C:\a b", "say \"x\""].map(|word| Shell::Windows.quoted(word).into_owned());
        assert_eq!(quoted, [r"C:\a\b", r#""C:\a b""#, r#""say \"x\"""#]);
    }
}
