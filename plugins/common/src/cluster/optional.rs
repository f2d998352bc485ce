//! Reads that may be refused: what is not allowed or not there counts as nothing.

use crate::mesh::error::{Error, Kind};

/// The value, or its default where the account may not read it or the kind does not exist.
///
/// # Errors
/// Every other one.
pub fn optional<T: Default>(result: Result<T, Error>) -> Result<T, Error> {
    match result {
        Ok(value) => Ok(value),
        Err(error) if matches!(error.kind(), Kind::Forbidden | Kind::NotFound) => Ok(T::default()),
        Err(error) => Err(error),
    }
}
