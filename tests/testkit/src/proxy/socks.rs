//! A SOCKS5 proxy without authentication, for CONNECT alone (<https://www.rfc-editor.org/rfc/rfc1928>).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use super::listener::{Listener, Log};

/// A running SOCKS5 proxy.
pub struct SocksProxy {
    listener: Listener,
    tunnels: Log,
}

impl SocksProxy {
    /// Starts one.
    pub fn start() -> Self {
        let tunnels = Log::default();
        let noted = tunnels.clone();
        let listener = Listener::start(move |stream| {
            let noted = noted.clone();
            async move {
                // A client that speaks something else is hung up on.
                let _ = serve(stream, noted).await;
            }
        });
        Self { listener, tunnels }
    }

    /// `socks5://127.0.0.1:PORT`, for `proxy-url`.
    pub fn url(&self) -> String {
        format!("socks5://{}", self.listener.address)
    }

    /// The `host:port` of each tunnel that was opened.
    pub fn tunnels(&self) -> Vec<String> {
        self.tunnels.all()
    }
}

async fn serve(mut stream: TcpStream, tunnels: Log) -> io::Result<()> {
    let wrong = || io::Error::from(io::ErrorKind::InvalidData);
    let [version, methods] = read(&mut stream).await?;
    if version != 5 {
        return Err(wrong());
    }
    let mut offered = vec![0; usize::from(methods)];
    stream.read_exact(&mut offered).await?;
    stream.write_all(&[5, 0]).await?;
    let [_, command, _, kind] = read(&mut stream).await?;
    let host = match kind {
        1 => Ipv4Addr::from(read::<4>(&mut stream).await?).to_string(),
        3 => {
            let [length] = read(&mut stream).await?;
            let mut name = vec![0; usize::from(length)];
            stream.read_exact(&mut name).await?;
            String::from_utf8(name).map_err(|_| wrong())?
        }
        4 => format!("[{}]", Ipv6Addr::from(read::<16>(&mut stream).await?)),
        _ => return Err(wrong()),
    };
    let target = format!("{host}:{}", u16::from_be_bytes(read(&mut stream).await?));
    if command != 1 {
        return stream.write_all(&[5, 7, 0, 1, 0, 0, 0, 0, 0, 0]).await;
    }
    let Ok(mut upstream) = TcpStream::connect(&target).await else {
        return stream.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await;
    };
    tunnels.push(target);
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut stream, &mut upstream).await?;
    Ok(())
}

async fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
