//! Everything that one fake cluster knows.

pub(crate) mod clock;
pub(crate) mod faults;
pub(crate) mod grants;
pub(crate) mod random;
pub(crate) mod recording;
pub(crate) mod shared;
pub(crate) mod store;
