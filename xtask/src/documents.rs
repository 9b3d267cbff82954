//! Files that a task writes for people to read.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file, whole or not at all.
///
/// # Errors
///
/// It could not be written; what was there before stands.
///
/// # Panics
///
/// If the path names no file in a folder.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().expect("a file lies in a folder");
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // A temporary file is for its owner's eyes alone; this one is a document.
    open_to_all(&file)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn open_to_all(file: &tempfile::NamedTempFile) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    file.as_file().set_permissions(Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_all(_: &tempfile::NamedTempFile) -> io::Result<()> {
    Ok(())
}
