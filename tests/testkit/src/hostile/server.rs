//! The socket, and carrying out what is to be said.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::script::{Asked, End, Mode, Place, Said, Script};
use crate::embedded::server_config;
use crate::kubeconfig;
use crate::pki::{CertificateAuthority, LOOPBACK};
use crate::proxy::{Listener, Log};

/// The token that clients show it, unless a test has another one.
const TOKEN: &str = "hostile-token";
/// The pause between the drops of a slow answer.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest head of a request that is read.
const LONGEST_HEAD: usize = 64 * 1024;
/// The frames of HTTP/2 that open streams.
const HEADERS: u8 = 1;

/// A server that is hostile; it ends when the value is dropped.
pub struct HostileServer {
    listener: Listener,
    ca_pem: String,
    heads: Log,
    connections: Arc<AtomicUsize>,
}

impl fmt::Debug for HostileServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostileServer")
            .field("address", &self.listener.address)
            .finish_non_exhaustive()
    }
}

impl HostileServer {
    /// Starts one with an authority of its own.
    pub fn start(mode: Mode) -> Self {
        Self::leading_to("", mode, &CertificateAuthority::new("hostile-ca"))
    }

    /// Starts one whose certificate is of this authority, and that leads its clients to another URL where its mode does so.
    pub fn leading_to(elsewhere: &str, mode: Mode, ca: &CertificateAuthority) -> Self {
        let identity = ca.server(&LOOPBACK);
        let speaks_http2 = matches!(mode.place, Place::Http2 | Place::Stream);
        let heads = Log::default();
        let connections = Arc::new(AtomicUsize::new(0));
        let stage = Stage {
            mode,
            tls: server_config(&identity, !speaks_http2),
            heads: heads.clone(),
            asked: Arc::new(AtomicUsize::new(0)),
            elsewhere: elsewhere.to_owned(),
        };
        let count = Arc::clone(&connections);
        let listener = Listener::start(move |stream| {
            count.fetch_add(1, Ordering::Relaxed);
            let stage = stage.clone();
            // Clients hang up as they like.
            async move { drop(stage.serve(stream).await) }
        });
        Self {
            listener,
            ca_pem: ca.certificate_pem(),
            heads,
            connections,
        }
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.listener.address)
    }

    /// The heads of all requests that came by HTTP/1.1.
    pub fn heads(&self) -> Vec<String> {
        self.heads.all()
    }

    /// The number of connections that came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The `cluster` part of a kubeconfig.
    pub fn kubeconfig_cluster(&self) -> kubeconfig::Cluster {
        kubeconfig::Cluster::new(&self.url()).ca_pem(&self.ca_pem)
    }

    /// The `user` part of a kubeconfig: somebody, by token.
    pub fn kubeconfig_user(&self) -> kubeconfig::User {
        kubeconfig::User::new().token(TOKEN)
    }
}

#[derive(Clone)]
struct Stage {
    mode: Mode,
    tls: Arc<ServerConfig>,
    heads: Log,
    asked: Arc<AtomicUsize>,
    elsewhere: String,
}

impl Stage {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        if self.mode.place == Place::Connection {
            stream.readable().await?;
            return self.play(stream, &self.asked()).await.map(drop);
        }
        let mut stream = TlsAcceptor::from(Arc::clone(&self.tls))
            .accept(stream)
            .await?;
        match self.mode.place {
            Place::Connection | Place::Http1 | Place::Http2 => {
                self.play(stream, &self.asked()).await.map(drop)
            }
            Place::Request => {
                while let Some(head) = read_request(&mut stream).await? {
                    self.heads.push(head.clone());
                    let asked = Asked {
                        head,
                        ..self.asked()
                    };
                    match self.play(stream, &asked).await? {
                        Some(kept) => stream = kept,
                        None => return Ok(()),
                    }
                }
                Ok(())
            }
            Place::Stream => {
                stream.write_all(&SETTINGS).await?;
                let mut preface = [0; 24];
                stream.read_exact(&mut preface).await?;
                loop {
                    let Some(number) = read_frame(&mut stream).await? else {
                        continue;
                    };
                    let asked = Asked {
                        stream: number,
                        ..self.asked()
                    };
                    match self.play(stream, &asked).await? {
                        Some(kept) => stream = kept,
                        None => return Ok(()),
                    }
                }
            }
        }
    }

    fn asked(&self) -> Asked {
        Asked {
            before: self.asked.fetch_add(1, Ordering::Relaxed),
            elsewhere: self.elsewhere.clone(),
            ..Asked::default()
        }
    }

    /// Says what is to be said; gives the connection back where it goes on.
    async fn play<S: Wire>(&self, mut stream: S, asked: &Asked) -> io::Result<Option<S>> {
        let Script { said, end } = (self.mode.script)(asked);
        for said in said {
            match said {
                Said::Once(bytes) => stream.write_all(&bytes).await?,
                Said::ForEver(bytes) => loop {
                    stream.write_all(&bytes).await?;
                },
                Said::Slowly(bytes) => {
                    let mut pace = tokio::time::interval(PAUSE);
                    loop {
                        pace.tick().await;
                        stream.write_all(&bytes).await?;
                        stream.flush().await?;
                    }
                }
            }
            stream.flush().await?;
        }
        match end {
            End::Keeps => return Ok(Some(stream)),
            End::Hangs => std::future::pending().await,
            End::Closes => stream.shutdown().await?,
            End::Resets => stream.socket().set_zero_linger()?,
        }
        Ok(None)
    }
}

/// A connection, whatever lies over its socket.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    fn socket(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// An empty frame of settings.
pub(super) const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// The head of the next request, whose body is passed over.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if head.len() > LONGEST_HEAD || stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await?;
    Ok(Some(head))
}

/// Reads one frame of HTTP/2; the stream, where it opens one.
async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<u32>> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).await?;
    let number = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Ok((head[3] == HEADERS).then_some(number))
}
