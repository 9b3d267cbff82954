//! The reference systems, found by their folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where they lie, from the root of the workspace.
const FOLDER: &str = "crates/systems";

/// The folders of the systems, in order; none if the workspace has no systems.
///
/// # Errors
///
/// A folder could not be read.
pub fn folders(root: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(root.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut folders = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    folders.retain(|folder| folder.join("Cargo.toml").exists());
    folders.sort();
    Ok(folders)
}

/// The names of the systems' packages, in order of folder.
///
/// # Errors
///
/// A folder or a manifest could not be read.
pub fn packages(root: &Path) -> io::Result<Vec<String>> {
    folders(root)?.iter().map(|folder| package(&folder.join("Cargo.toml"))).collect()
}

fn package(manifest: &Path) -> io::Result<String> {
    #[derive(Deserialize)]
    struct Manifest {
        package: Package,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    let in_file = |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", manifest.display()));
    let text = fs::read_to_string(manifest).map_err(|error| in_file(&error))?;
    toml::from_str::<Manifest>(&text).map(|manifest| manifest.package.name).map_err(|error| in_file(&error))
}
