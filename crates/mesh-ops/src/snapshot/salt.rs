//! The salt of this run.

use std::sync::OnceLock;

use mesh_model::Error;
use mesh_model::secret::Salt;

static SALT: OnceLock<Salt> = OnceLock::new();

/// Returns the salt of this run, so that marks of all clusters that it reads can be compared.
///
/// # Errors
/// The system has no random numbers.
pub fn salt() -> Result<&'static Salt, Error> {
    if let Some(salt) = SALT.get() {
        return Ok(salt);
    }
    let salt = Salt::random()?;
    Ok(SALT.get_or_init(|| salt))
}
