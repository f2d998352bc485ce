//! A small blocking HTTP client for the supervisor and for tests: one request a connection, HTTP/1.0, so that an answer ends
//! where its connection ends.
//!
//! It talks to real parts on loopback only. It must not be used for what is under test: the suite has its own client.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::pki::Identity;

/// How long one read or write may take.
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

    /// Whether the status code says that it went well.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What is sent along with a request.
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
        let answer = answer.with_context(|| format!("{method} {path} on {}", self.authority))?;
        parse(&answer).with_context(|| format!("{} did not answer in HTTP", self.authority))
    }

    fn render(&self, method: &str, path: &str, body: Option<Body<'_>>) -> String {
        let mut request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAccept: application/json, */*\r\n",
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

fn exchange(mut stream: impl Read + Write, request: &str) -> std::io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => Ok(answer),
        // A server that closes without saying so in TLS first.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof && !answer.is_empty() => Ok(answer),
        Err(error) => Err(error),
    }
}

fn parse(answer: &[u8]) -> Option<Response> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Response {
        status,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_body_are_told_apart() {
        let response =
            parse(b"HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n{\"code\":404}\r\n\r\n").unwrap();
        assert_eq!(response.status, 404);
        assert_eq!(response.json()["code"], 404);
        assert!(!response.is_success());
        assert!(parse(b"SSH-2.0-server\r\n").is_none());
    }
}
