//! The answers of a hostile server, and the end of its connections. Nothing here touches a socket.

/// The point at which a server begins to be hostile; up to there it does what a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before TLS.
    Connection,
    /// After the handshake of TLS, by which HTTP/1.1 was agreed on.
    Http1,
    /// At each request of HTTP/1.1.
    Request,
    /// After the handshake of TLS, by which HTTP/2 was agreed on.
    Http2,
    /// At each stream of HTTP/2.
    Stream,
}

/// A way of being hostile.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Its name where a test fails.
    pub name: &'static str,
    /// The point at which it begins.
    pub place: Place,
    /// The answer there.
    pub script: fn(&Asked) -> Script,
}

/// A request as a hostile server sees it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The head of the request, in HTTP/1.1.
    pub head: String,
    /// The number of requests that came to this server before.
    pub before: usize,
    /// The URL of another server, see [`super::HostileServer::leading_to`].
    pub elsewhere: String,
    /// The stream, in HTTP/2.
    pub stream: u32,
}

impl Asked {
    /// Path and query.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

#[derive(Clone, Debug)]
pub(super) enum Said {
    Once(Vec<u8>),
    ForEver(Vec<u8>),
    /// The same, with a pause after each.
    Slowly(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Closes,
    Resets,
    Hangs,
    /// Waits for the next request.
    Keeps,
}

/// The answer, and the end of the connection: it is closed unless something else is said.
#[derive(Clone, Debug)]
pub struct Script {
    pub(super) said: Vec<Said>,
    pub(super) end: End,
}

impl Script {
    /// Nothing at all.
    pub fn nothing() -> Self {
        Self {
            said: Vec::new(),
            end: End::Closes,
        }
    }

    /// These bytes.
    pub fn says(bytes: impl Into<Vec<u8>>) -> Self {
        Self::nothing().then(bytes)
    }

    /// Further ones.
    #[must_use]
    pub fn then(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.add(Said::Once(bytes.into()))
    }

    /// These bytes again and again, as fast as they are taken.
    #[must_use]
    pub fn for_ever(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.add(Said::ForEver(bytes.into()))
    }

    /// These bytes again and again, with pauses.
    #[must_use]
    pub fn slowly(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.add(Said::Slowly(bytes.into()))
    }

    /// Then the connection is reset.
    #[must_use]
    pub fn resets(self) -> Self {
        self.ends(End::Resets)
    }

    /// Then nothing happens any more.
    #[must_use]
    pub fn hangs(self) -> Self {
        self.ends(End::Hangs)
    }

    /// Then the next request is waited for.
    #[must_use]
    pub fn keeps(self) -> Self {
        self.ends(End::Keeps)
    }

    fn add(mut self, said: Said) -> Self {
        self.said.push(said);
        self
    }

    fn ends(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}
