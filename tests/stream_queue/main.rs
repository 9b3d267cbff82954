//! The stream queue on simulated disks and networks.

mod storage;
