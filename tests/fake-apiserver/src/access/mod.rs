//! Authentication, authorization and service account tokens.

pub(crate) mod authentication;
pub(crate) mod authz;
pub(crate) mod token_controller;
pub(crate) mod tokens;
