//! The command `cluster-sim`.

use std::process::ExitCode;

use cluster_sim_scenarios::Registry;

fn main() -> ExitCode {
    cluster_sim_cli::main(&Registry::builtin())
}
