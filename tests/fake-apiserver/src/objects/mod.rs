//! Rules for objects: filling in, refusing, merging, owning, selecting.

pub(crate) mod defaults;
pub(crate) mod field_set;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod merge;
pub(crate) mod owners;
pub(crate) mod patch;
pub(crate) mod pods;
pub(crate) mod quantity;
pub(crate) mod schema;
pub(crate) mod selectors;
pub(crate) mod services;
pub(crate) mod validate;
