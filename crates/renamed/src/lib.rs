//! A crate of edition 2018 that uses cluster-sim under another name, in its tests.
