//! The handlers of requests.

pub(crate) mod apply;
pub(crate) mod call;
pub(crate) mod change;
pub(crate) mod commit;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod discovery;
pub(crate) mod dispatch;
pub(crate) mod port_forward;
pub(crate) mod read;
pub(crate) mod reviews;
pub(crate) mod scale;
pub(crate) mod watch;
