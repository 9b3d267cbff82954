//! The general format of scenario files: one for all systems, of which each declares its groups, its workload and its conditions.
//!
//! | file | content |
//! |---|---|
//! | `declaration` | what a system declares: [`GeneralFormat`] |
//! | `parameters` | the values of a file as a system reads them |
//! | `root` | the shape of a whole file, and how it becomes a scenario |
//! | `topology` | places, disks and links |
//! | `entry`, `settled` | the entries of `faults`, and the choices that seeds make in them |
//! | `fault_shapes`, `clock_and_disk_shapes`, `object_store_shapes`, `fault_fields`, `link_shapes` | every kind of fault, and links |
//! | `names` | the nodes, sets and links that a file may name |

mod clock_and_disk_shapes;
mod declaration;
mod entry;
mod fault_fields;
mod fault_shapes;
mod link_shapes;
mod names;
mod object_store_shapes;
mod parameters;
mod profile_shape;
mod root;
mod settled;
mod topology;

pub use declaration::{Aim, Condition, GeneralFormat, GroupDeclaration, Measures, Phases};
pub use parameters::{Parameters, Setup};
pub use profile_shape::profile_shape;
pub(crate) use root::{file_shape, read};
