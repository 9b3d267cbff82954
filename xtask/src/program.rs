//! The path of the built command line.

use std::path::PathBuf;

use cargo_metadata::MetadataCommand;

use crate::environment::Environment;

/// The path of `cluster-sim` once the step `release` has built it.
///
/// # Errors
///
/// `cargo metadata` failed.
pub fn release_binary(environment: &Environment) -> Result<PathBuf, cargo_metadata::Error> {
    Ok(target(environment)?.join("release").join("cluster-sim").with_extension(std::env::consts::EXE_EXTENSION))
}

/// The target directory of cargo.
fn target(environment: &Environment) -> Result<PathBuf, cargo_metadata::Error> {
    if let Some(target) = &environment.target {
        return Ok(target.clone());
    }
    let mut command = MetadataCommand::new();
    command.cargo_path(&environment.cargo).current_dir(&environment.root).no_deps();
    Ok(command.exec()?.target_directory.into_std_path_buf())
}
