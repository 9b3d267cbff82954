//! The log stays short enough to be read in one sitting.

use std::path::Path;

/// Lines of code that the log may have: not its store, not its rules, no comments and no blank lines.
const LINES_MAX: usize = 1_500;

fn lines_of_code(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be read").path());
    let of_path = |path: std::path::PathBuf| match path.is_dir() {
        true if path.ends_with("store") || path.ends_with("rules") => 0,
        true => lines_of_code(&path),
        false => {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
        }
    };
    entries.map(of_path).sum()
}

#[test]
fn the_log_has_at_most_1500_lines_of_code() {
    let lines = lines_of_code(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/systems/replicated-log/src"));
    println!("{lines} lines of code");
    assert!((1_000..=LINES_MAX).contains(&lines), "{lines} lines of code, at most {LINES_MAX}");
}
