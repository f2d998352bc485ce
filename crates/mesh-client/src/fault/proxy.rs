//! Failures at a proxy.

use super::ConnectFault;

/// A failure at a proxy. The text continues a sentence that begins with "proxy URL".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyFault {
    /// The proxy itself was not reached.
    #[error("cannot be reached: {0}")]
    Unreachable(ConnectFault),
    /// It requires a user name and a password, or other ones.
    #[error("requires a user name and password")]
    WantsAuthentication,
    /// It refuses this connection.
    #[error("refused to connect to the server: {answer}")]
    Refused {
        /// Its answer.
        answer: String,
    },
    /// The server there is not a proxy of that kind.
    #[error("is not a {kind} proxy")]
    NotAProxy {
        /// The kind that was expected.
        kind: &'static str,
    },
    /// Its URL is not valid.
    #[error("has a URL that is not http://, https:// or socks5:// with a host")]
    BadUrl,
}
