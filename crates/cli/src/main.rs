//! The command `cluster-sim`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cluster_sim_cli::main(&cluster_sim_scenarios::builtin())
}
