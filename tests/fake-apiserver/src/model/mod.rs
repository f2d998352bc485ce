//! Kinds, users, requests, answers and refusals as plain data.

pub(crate) mod answer;
pub(crate) mod attributes;
pub(crate) mod definitions;
pub(crate) mod failure;
pub(crate) mod forward;
pub(crate) mod kinds;
pub(crate) mod request;
pub(crate) mod resources;
pub(crate) mod user;
