//! Reads the views of a group of nodes many at once.

use std::any::Any;

use crate::NodeId;

/// The number of views in a row of a [`ViewTable`].
pub const VIEWS_PER_ROW: usize = 16;

/// Reads views of one type from a group of nodes, a row at a time.
///
/// One downcast of the table and one of the group per row replace a virtual call and a downcast per view.
#[derive(Debug)]
pub struct ViewTable<V> {
    /// Fills a row with the views of the nodes from the place `first` of the group on.
    ///
    /// `None` stands for a node without a view at present. The first argument is the group that the table came with.
    pub fill: for<'g> fn(group: &'g dyn Any, first: usize, row: &mut [Option<&'g V>; VIEWS_PER_ROW]),
}

/// Nodes with consecutive ids that run the same code.
#[derive(Clone, Copy)]
pub struct ViewGroup<'a> {
    /// The first of them.
    pub first: NodeId,
    /// The number of nodes.
    pub count: u32,
    /// A [`ViewTable`] of the type of their views, and the group that it reads.
    ///
    /// Absent if their views are read one by one.
    pub table: Option<(&'a dyn Any, &'a dyn Any)>,
}
