//! Sessions between machines and between async nodes, on whole runs.
//!
//! [`open`] and [`close`]: handshake and close. [`links`]: sessions and datagrams share their links. [`loss`] and [`cuts`]:
//! retransmission and the session timeout. [`lives`]: crashes, and half-open sessions. [`resets`]: resets by a fault. [`windows`]: flow control. [`types`]:
//! message types with one wire form. [`chaos`]: random faults. [`runs`]: determinism, budgets and reports. [`nodes`]: async
//! nodes, alone and with machines.

mod chaos;
mod close;
mod cuts;
mod links;
mod lives;
mod loss;
mod nodes;
mod open;
mod resets;
mod runs;
mod streamer;
mod types;
mod windows;

use cluster_sim::{FaultPlan, LinkModel};
use cluster_sim_testkit::arbitrary::{any_link, any_plan};
use cluster_sim_testkit::units::{ratio, seconds};
use proptest::prelude::*;

/// Two to four nodes, and a plan of faults for them within 20 s.
fn any_cluster() -> impl Strategy<Value = (u32, FaultPlan)> {
    (2_u32..5).prop_flat_map(|nodes| (Just(nodes), any_plan(nodes, seconds(20), seconds(8))))
}

prop_compose! {
    /// Any link, with a loss that lets a window of one carry a message within one or two seconds of the recovery phase.
    fn any_session_link()(
        link in any_link(),
        loss in (0.0..0.2_f64).prop_map(ratio),
        window in prop_oneof![1_u32..8, Just(64)],
        session_timeout in 2_u64..16,
    ) -> LinkModel {
        LinkModel { loss, window, session_timeout: seconds(session_timeout), ..link }
    }
}
