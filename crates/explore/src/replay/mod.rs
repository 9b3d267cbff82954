//! Failing runs as data.
//!
//! A [`Case`] is what decides a run besides its scenario and seed. [`Case::apply_to`] gives a scenario, so everything that runs a
//! scenario runs a case. A [`Decision`] is a choice of the simulation that differs from its canonical value: a site and a roll. A
//! site names what is decided about, so a list of decisions may lose entries without changing the others. A [`Reproducer`] is the
//! file of a failing run: seed, case, minimized case, finding, digest, build, and where the scenario comes from.
//!
//! Steps of a test are part of a case only if they are declared as a [`Scenario::script`](cluster_sim_simulation::Scenario::script).

mod build_info;
mod case;
mod error;
mod minimized;
mod reproducer;

pub use build_info::BuildInfo;
pub use case::Case;
pub use error::ReproducerError;
pub use minimized::Minimized;
pub use reproducer::{REPRODUCER_FORMAT, Reproducer, ScenarioSource};
