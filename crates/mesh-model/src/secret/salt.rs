//! The salt of the marks of credentials.

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::Error;

/// Random bytes of one run, which are in no file: with them a mark shows whether two secrets of the run have the same credential,
/// and without them nobody can try credentials against the marks of a file.
#[derive(Clone)]
pub(crate) struct Salt([u8; 32]);

impl Salt {
    /// Returns a new salt.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        match SystemRandom::new().fill(&mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(Error::refused("the system has no random numbers")),
        }
    }

    /// Returns the salt of tests.
    #[cfg(test)]
    pub(crate) fn of_tests() -> Self {
        Self([7; 32])
    }

    /// Returns the bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt")
    }
}
