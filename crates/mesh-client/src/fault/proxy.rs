//! What goes wrong at a proxy.

use super::ConnectFault;

/// What went wrong at a proxy; the text goes on where "proxy URL" begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyFault {
    /// It was not reached itself.
    #[error("cannot be reached: {0}")]
    Unreachable(ConnectFault),
    /// It wants a user name and a password, or others.
    #[error("wants a user name and password")]
    WantsAuthentication,
    /// It does not let this connection through.
    #[error("refused to connect to the server: {answer}")]
    Refused {
        /// What it answered.
        answer: String,
    },
    /// What answers there is no proxy of that kind.
    #[error("is no {kind} proxy")]
    NotAProxy {
        /// The kind that was expected.
        kind: &'static str,
    },
    /// Its URL cannot be understood.
    #[error("has a URL that is not http://, https:// or socks5:// with a host")]
    BadUrl,
}
