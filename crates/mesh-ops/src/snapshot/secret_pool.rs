//! What the secrets that this run reads have in common.

use std::sync::OnceLock;

use mesh_model::Error;
use mesh_model::secret::SecretPool;

static POOL: OnceLock<SecretPool> = OnceLock::new();

/// Returns the pool of this run, so that the kubeconfigs of all clusters that it reads are judged once and can be compared.
///
/// # Errors
/// The system has no random numbers.
pub fn secret_pool() -> Result<&'static SecretPool, Error> {
    if let Some(pool) = POOL.get() {
        return Ok(pool);
    }
    let new = SecretPool::new()?;
    Ok(POOL.get_or_init(|| new))
}
