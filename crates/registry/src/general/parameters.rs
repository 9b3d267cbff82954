//! The values of a file as a system reads them.

use std::time::Duration;

use cluster_sim::Ratio;
use serde_json::Value;

/// An object of a file that was checked and completed: every field with a default has a value.
///
/// The methods panic for a field of another shape, or of none: that is a mistake of the declaration, and not of a file.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'f>(pub(super) &'f Value);

impl<'f> Parameters<'f> {
    /// The value of a field that is given or has a default.
    fn value(&self, name: &str) -> &'f Value {
        self.given(name).unwrap_or_else(|| panic!("no field {name:?} in {}: declare it with a default", self.0))
    }

    /// The value of a field; absent if it was left out or is null.
    fn given(&self, name: &str) -> Option<&'f Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A whole number.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn whole(&self, name: &str) -> u64 {
        self.value(name).as_u64().unwrap_or_else(|| panic!("field {name:?} is no whole number: declare it so"))
    }

    /// A whole number of at most 32 bits.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn count(&self, name: &str) -> u32 {
        u32::try_from(self.whole(name))
            .unwrap_or_else(|_| panic!("field {name:?} may have more than 32 bits: declare it with less"))
    }

    /// A whole number that a file may leave out, or give as null.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn whole_if_given(&self, name: &str) -> Option<u64> {
        self.given(name).map(|_| self.whole(name))
    }

    /// A duration from a field in milliseconds.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn millis(&self, name: &str) -> Duration {
        Duration::from_millis(self.whole(name))
    }

    /// A share.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn share(&self, name: &str) -> Ratio {
        let number = self.value(name).as_f64();
        number.and_then(|number| Ratio::new(number).ok()).unwrap_or_else(|| panic!("field {name:?} is no share: declare it so"))
    }

    /// True or false.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn flag(&self, name: &str) -> bool {
        self.value(name).as_bool().unwrap_or_else(|| panic!("field {name:?} is no flag: declare it so"))
    }

    /// A text or a word.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn text(&self, name: &str) -> &'f str {
        self.value(name).as_str().unwrap_or_else(|| panic!("field {name:?} is no text: declare it so"))
    }

    /// A text or a word that a file may leave out, or give as null.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn text_if_given(&self, name: &str) -> Option<&'f str> {
        self.given(name).map(|_| self.text(name))
    }

    /// An object.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn object(&self, name: &str) -> Parameters<'f> {
        Parameters(self.value(name))
    }

    /// The objects of a list.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn objects(&self, name: &str) -> Vec<Parameters<'f>> {
        let items = self.value(name).as_array();
        items.unwrap_or_else(|| panic!("field {name:?} is no list: declare it so")).iter().map(Parameters).collect()
    }

    /// The texts of a list.
    ///
    /// # Panics
    /// If the field is not declared so.
    pub fn texts(&self, name: &str) -> Vec<&'f str> {
        let items = self.value(name).as_array();
        let items = items.unwrap_or_else(|| panic!("field {name:?} is no list: declare it so"));
        items.iter().map(|item| item.as_str().unwrap_or_else(|| panic!("field {name:?} lists no texts: declare it so"))).collect()
    }
}

/// The part of a file for the function that makes the nodes of a system.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'f> {
    pub(super) file: &'f Value,
}

impl<'f> Setup<'f> {
    /// The name of the scenario.
    pub fn name(&self) -> &'f str {
        Parameters(self.file).text("name")
    }

    /// The number of nodes of a group.
    ///
    /// # Panics
    /// If the system does not declare the group.
    pub fn count(&self, group: &str) -> u32 {
        Parameters(self.file).object("topology").object("groups").object(group).count("count")
    }

    /// The system's own parameters.
    pub fn workload(&self) -> Parameters<'f> {
        Parameters(self.file).object("workload")
    }
}
