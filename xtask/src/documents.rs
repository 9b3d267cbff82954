//! Atomic writing of generated documents.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file whole or not at all.
///
/// # Errors
///
/// The file could not be written; an existing one is unchanged.
///
/// # Panics
///
/// If the path has no parent folder.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().expect("a file lies in a folder");
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // A temporary file is readable by its owner only; a document is readable by all.
    make_readable(&file)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn make_readable(file: &tempfile::NamedTempFile) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    file.as_file().set_permissions(Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &tempfile::NamedTempFile) -> io::Result<()> {
    Ok(())
}
