//! The files of the workspace that people wrote.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// One file, with its path from the root of the workspace written with `/`.
#[derive(Debug, Clone)]
pub struct Source {
    /// `crates/node/src/lib.rs`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Every file under `root` with this extension, in order of path. Skips `target` and folders whose name begins with a dot.
///
/// # Errors
///
/// A folder or file could not be read.
pub fn sources(root: &Path, extension: &str) -> io::Result<Vec<Source>> {
    let mut paths = Vec::new();
    collect(root, extension, &mut paths)?;
    paths.sort();
    let read = |path: PathBuf| {
        let below = path.strip_prefix(root).expect("it was found below the root");
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        Ok(Source { path: parts.join("/"), text: fs::read_to_string(&path)? })
    };
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, extension, paths)?;
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    Ok(())
}
