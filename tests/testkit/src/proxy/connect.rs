//! An HTTP proxy that knows CONNECT alone (<https://www.rfc-editor.org/rfc/rfc9110#name-connect>).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use super::listener::{Listener, Log};

/// Turns the `host:port` of a request into the one to connect to.
pub(super) type Route = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A running CONNECT proxy.
pub struct ConnectProxy {
    listener: Listener,
    tunnels: Log,
    refused: Log,
}

impl ConnectProxy {
    /// A proxy for everybody.
    pub fn start() -> Self {
        Self::routed(str::to_owned)
    }

    /// A proxy for everybody that alone knows the way: `route` turns the `host:port` of a request into the one to connect to.
    pub fn routed(route: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::launch(None, Arc::new(route))
    }

    /// A proxy that wants Basic authentication.
    pub fn with_basic_auth(user: &str, password: &str) -> Self {
        let login = STANDARD.encode(format!("{user}:{password}"));
        Self::launch(Some(format!("Basic {login}")), Arc::new(str::to_owned))
    }

    fn launch(wanted: Option<String>, route: Route) -> Self {
        let (tunnels, refused) = (Log::default(), Log::default());
        let (noted, turned_away) = (tunnels.clone(), refused.clone());
        let listener = Listener::start(move |stream| {
            serve(
                stream,
                wanted.clone(),
                Arc::clone(&route),
                noted.clone(),
                turned_away.clone(),
            )
        });
        Self {
            listener,
            tunnels,
            refused,
        }
    }

    /// `http://127.0.0.1:PORT`, for `proxy-url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.address)
    }

    /// The `host:port` of each tunnel that was opened.
    pub fn tunnels(&self) -> Vec<String> {
        self.tunnels.all()
    }

    /// The first line of each request that was refused: without the password, or no CONNECT.
    pub fn refused(&self) -> Vec<String> {
        self.refused.all()
    }
}

pub(super) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    wanted: Option<String>,
    route: Route,
    tunnels: Log,
    refused: Log,
) {
    let Some(head) = read_head(&mut stream).await else {
        return;
    };
    let line = head.lines().next().unwrap_or_default().to_owned();
    let shown = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization")
            .then(|| value.trim().to_owned())
    });
    let mut words = line.split(' ');
    let (method, target) = (words.next(), words.next().unwrap_or_default().to_owned());
    if method != Some("CONNECT") {
        refused.push(line);
        let _ = stream
            .write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n")
            .await;
        return;
    }
    if wanted.is_some() && wanted != shown {
        refused.push(line);
        let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"test\"\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(answer.as_bytes()).await;
        return;
    }
    let Ok(mut upstream) = TcpStream::connect(route(&target)).await else {
        let _ = stream
            .write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
            .await;
        return;
    };
    tunnels.push(target);
    if stream
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .is_ok()
    {
        let _ = copy_bidirectional(&mut stream, &mut upstream).await;
    }
}

/// Reads as far as the blank line and not a byte further: what follows belongs to the tunnel.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
        if head.len() > 16 * 1024 {
            return None;
        }
    }
    String::from_utf8(head).ok()
}
