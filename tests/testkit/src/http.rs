//! A small blocking HTTP client for the supervisor and for tests: one request a connection.
//!
//! It talks to real parts on loopback only. It must not be used for what is under test: the suite has its own client.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::pki::Identity;

/// The time for one read or write.
const PATIENCE: Duration = Duration::from_secs(15);

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

impl Response {
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Tells whether the status code says that it went well.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// Such as `application/json`.
    pub content_type: &'a str,
    /// The text itself.
    pub text: &'a str,
}

/// A server on loopback.
#[derive(Clone)]
pub struct Endpoint {
    authority: String,
    tls: Option<Arc<ClientConfig>>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Plain HTTP to `host:port`.
    pub fn plain(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            tls: None,
        }
    }

    /// HTTPS to `host:port` with an authority to trust and a client certificate.
    pub fn tls(authority: &str, ca_pem: &str, client: &Identity) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
            roots.add(certificate?)?;
        }
        let chain = CertificateDer::pem_slice_iter(client.certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(client.key_pem.as_bytes())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)?;
        Ok(Self {
            authority: authority.to_owned(),
            tls: Some(Arc::new(config)),
        })
    }

    /// Sends a request and reads the whole answer.
    pub fn request(&self, method: &str, path: &str, body: Option<Body<'_>>) -> Result<Response> {
        let request = self.render(method, path, body);
        let stream = TcpStream::connect(&self.authority)
            .with_context(|| format!("cannot connect to {}", self.authority))?;
        // The end of the handshake and the request are two writes, of which the second would wait for the server's confirmation.
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let answer = match &self.tls {
            None => exchange(stream, &request),
            Some(config) => {
                let host = self.authority.rsplit_once(':').map_or("", |(host, _)| host);
                let name = ServerName::try_from(host.to_owned())?;
                let connection = ClientConnection::new(Arc::clone(config), name)?;
                exchange(StreamOwned::new(connection, stream), &request)
            }
        };
        answer.with_context(|| format!("{method} {path} on {}", self.authority))
    }

    fn render(&self, method: &str, path: &str, body: Option<Body<'_>>) -> String {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: application/json, */*\r\n",
            self.authority
        );
        if let Some(Body { content_type, text }) = body {
            request.push_str("Content-Type: ");
            request.push_str(content_type);
            request.push_str("\r\nContent-Length: ");
            request.push_str(&text.len().to_string());
            request.push_str("\r\n\r\n");
            request.push_str(text);
        } else {
            request.push_str("\r\n");
        }
        request
    }
}

fn exchange(mut stream: impl Read + Write, request: &str) -> Result<Response> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    read_response(&mut BufReader::new(stream))
}

/// Reads no further than the answer goes: what stands between us and the server may keep the connection open.
fn read_response(source: &mut impl BufRead) -> Result<Response> {
    let status_line = read_line(source)?;
    let status = status_line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1)?.parse().ok())
        .with_context(|| format!("this is no HTTP: {status_line:?}"))?;
    let mut length = None;
    let mut chunked = false;
    loop {
        let line = read_line(source)?.to_ascii_lowercase();
        match line.split_once(':') {
            Some(("content-length", value)) => length = Some(value.trim().parse()?),
            Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    match length {
        _ if chunked => read_chunks(source, &mut body)?,
        Some(length) => read_exactly(source, length, &mut body)?,
        None => {
            source.read_to_end(&mut body)?;
        }
    }
    Ok(Response {
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// <https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding>
fn read_chunks(source: &mut impl BufRead, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let line = read_line(source)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).with_context(|| format!("no chunk: {line:?}"))?;
        if size == 0 {
            return Ok(());
        }
        read_exactly(source, size, body)?;
        read_line(source)?;
    }
}

fn read_exactly(source: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> Result<()> {
    let read = source.take(length).read_to_end(body)?;
    ensure!(read as u64 == length, "the answer broke off");
    Ok(())
}

fn read_line(source: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    source.read_line(&mut line)?;
    ensure!(line.ends_with('\n'), "the answer broke off");
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Result<Response> {
        read_response(&mut answer.as_bytes())
    }

    #[test]
    fn body_goes_as_far_as_its_length() {
        let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\n{\"code\":404}and more";
        let response = read(answer).unwrap();
        assert_eq!(response.status, 404);
        assert_eq!(response.json()["code"], 404);
        assert!(!response.is_success());
    }

    #[test]
    fn chunks_are_joined() {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(read(answer).unwrap().body, "abc0123456789");
    }

    #[test]
    fn other_answers_are_errors() {
        assert!(read("SSH-2.0-server\r\n").is_err());
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc").is_err());
        assert!(read("").is_err());
    }
}
