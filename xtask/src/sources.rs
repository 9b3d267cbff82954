//! The source files of the workspace, without build output.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// One file, with its path from the root of the workspace written with `/`.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path, such as `crates/node/src/lib.rs`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Every file under `root` with this extension, in order of path. Skips `target` and folders whose name begins with a dot.
///
/// # Errors
///
/// A folder or file could not be read.
pub fn sources(root: &Path, extension: &str) -> io::Result<Vec<Source>> {
    let has_extension = |path: &&String| Path::new(path).extension().is_some_and(|found| found == extension);
    let read = |path: &String| Ok(Source { text: fs::read_to_string(root.join(path))?, path: path.clone() });
    paths(root)?.iter().filter(has_extension).map(read).collect()
}

/// The path of every file under `root`, in order, written as in [`Source`]. Skips what [`sources`] skips.
///
/// # Errors
///
/// A folder could not be read.
pub fn paths(root: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    collect(root, &mut paths)?;
    paths.sort();
    let relative = |path: &PathBuf| {
        let below = path.strip_prefix(root).expect("it was found below the root");
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    };
    Ok(paths.iter().map(relative).collect())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, paths)?;
            }
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
