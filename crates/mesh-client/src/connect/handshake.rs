//! The handshake with a proxy before it forwards bytes: HTTP CONNECT and SOCKS 5.
//!
//! hyper-util has both, but does not expose the error of CONNECT, which a person needs to see.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::proxy::Proxy;
use super::route::Endpoint;
use crate::fault::{ConnectFault, ProxyFault};

/// The longest answer to CONNECT that is read.
const LONGEST_ANSWER: usize = 16 * 1024;

/// Asks an HTTP proxy to connect to `server`.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#name-connect>
pub(super) async fn http_connect<S>(
    stream: &mut S,
    proxy: &Proxy,
    server: &Endpoint,
    user_agent: &str,
) -> Result<(), ConnectFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let authority = server.authority();
    let mut request = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {user_agent}\r\n"
    );
    if let Some((user, password)) = &proxy.login {
        let login = STANDARD.encode(format!("{user}:{password}"));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&login);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    let broken = |_| proxy.fault(ProxyFault::NotAProxy { kind: "HTTP" });
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        // The server's first bytes may follow immediately, so nothing may be read beyond the empty line.
        let byte = stream.read_u8().await.map_err(broken)?;
        answer.push(byte);
        let is_http = answer.starts_with(&b"HTTP/1."[..answer.len().min(7)]);
        if !is_http || answer.len() > LONGEST_ANSWER {
            return Err(proxy.fault(ProxyFault::NotAProxy { kind: "HTTP" }));
        }
    }
    let text = String::from_utf8_lossy(&answer);
    let status = text.lines().next().unwrap_or_default();
    let status = status
        .split_once(' ')
        .map(|(_, status)| status.trim())
        .unwrap_or_default();
    match status.get(..3) {
        Some(code) if code.starts_with('2') => Ok(()),
        Some("407") => Err(proxy.fault(ProxyFault::WantsAuthentication)),
        Some(_) | None => Err(proxy.fault(ProxyFault::Refused {
            answer: format!("HTTP {status}"),
        })),
    }
}

/// Asks a SOCKS 5 proxy to connect to `server`, whose name the proxy resolves.
///
/// <https://www.rfc-editor.org/rfc/rfc1928>, <https://www.rfc-editor.org/rfc/rfc1929>
pub(super) async fn socks5_connect<S>(
    stream: &mut S,
    proxy: &Proxy,
    server: &Endpoint,
) -> Result<(), ConnectFault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let not_a_proxy = || proxy.fault(ProxyFault::NotAProxy { kind: "SOCKS 5" });
    let broken = |_| not_a_proxy();
    let greeting: &[u8] = if proxy.login.is_some() {
        &[5, 2, 0, 2]
    } else {
        &[5, 1, 0]
    };
    stream.write_all(greeting).await.map_err(broken)?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(broken)?;
    match (chosen, &proxy.login) {
        ([5, 0], _) => (),
        ([5, 2], Some((user, password))) => {
            let mut login = vec![1];
            push_text(&mut login, user)
                .ok_or_else(|| proxy.fault(ProxyFault::WantsAuthentication))?;
            push_text(&mut login, password)
                .ok_or_else(|| proxy.fault(ProxyFault::WantsAuthentication))?;
            stream.write_all(&login).await.map_err(broken)?;
            let mut accepted = [0; 2];
            stream.read_exact(&mut accepted).await.map_err(broken)?;
            if accepted[1] != 0 {
                return Err(proxy.fault(ProxyFault::WantsAuthentication));
            }
        }
        ([5, _], _) => return Err(proxy.fault(ProxyFault::WantsAuthentication)),
        _ => return Err(not_a_proxy()),
    }
    let request = socks5_request(server).ok_or_else(|| {
        proxy.fault(ProxyFault::Refused {
            answer: "the server's name is too long".to_owned(),
        })
    })?;
    stream.write_all(&request).await.map_err(broken)?;
    let mut reply = [0; 4];
    stream.read_exact(&mut reply).await.map_err(broken)?;
    if reply[1] != 0 {
        return Err(proxy.fault(ProxyFault::Refused {
            answer: socks5_reply(reply[1]).to_owned(),
        }));
    }
    let bound = match reply[3] {
        1 => 4,
        4 => 16,
        3 => usize::from(stream.read_u8().await.map_err(broken)?),
        _ => return Err(not_a_proxy()),
    };
    let mut rest = vec![0; bound + 2];
    stream.read_exact(&mut rest).await.map_err(broken)?;
    Ok(())
}

fn socks5_request(server: &Endpoint) -> Option<Vec<u8>> {
    let mut request = vec![5, 1, 0];
    match server.host.parse() {
        Ok(std::net::IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(std::net::IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(_) => {
            request.push(3);
            push_text(&mut request, &server.host)?;
        }
    }
    request.extend(server.port.to_be_bytes());
    Some(request)
}

/// Appends a text with its length in front, which must fit into a byte.
fn push_text(bytes: &mut Vec<u8>, text: &str) -> Option<()> {
    bytes.push(u8::try_from(text.len()).ok()?);
    bytes.extend(text.as_bytes());
    Some(())
}

fn socks5_reply(code: u8) -> &'static str {
    match code {
        2 => "its rules do not allow it",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "the connection was refused",
        6 => "it took too long",
        7 => "it does not know how",
        8 => "it does not know that kind of address",
        _ => "it failed",
    }
}
