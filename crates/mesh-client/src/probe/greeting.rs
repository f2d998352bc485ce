//! A TLS handshake that only reads the server's certificate chain.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, ClientConfig, DigitallySignedStruct, InvalidMessage, ProtocolVersion,
    SignatureScheme,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::connect::{verify_tls12, verify_tls13};
use mesh_model::probe::{Afterwards, Answer, Chain, Handshake};
use mesh_model::x509::SCHEMES;

pub(super) async fn greet(
    stream: TcpStream,
    deadline: Instant,
    server_name: Option<&str>,
    protocols: &[String],
    only_tls13: bool,
) -> Answer {
    let heard = Arc::new(Heard::default());
    let config = match config(&heard, protocols, only_tls13) {
        Ok(config) => config,
        Err(error) => return other(&error),
    };
    // With an address as the server's name, no SNI is sent.
    let nameless = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    let name = match server_name.map(|name| ServerName::try_from(name.to_owned())) {
        None => nameless,
        Some(Ok(name)) => name,
        Some(Err(error)) => return other(&error),
    };
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream);
    match timeout_at(deadline, shaken).await {
        Err(_) => Answer::Silent,
        Ok(Err(error)) => failed(&error, heard.chain()),
        Ok(Ok(stream)) => shaken_hands(stream, deadline, &heard).await,
    }
}

async fn shaken_hands(
    mut stream: TlsStream<TcpStream>,
    deadline: Instant,
    heard: &Heard,
) -> Answer {
    let session = stream.get_ref().1;
    let tls13 = session.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let protocol = session.alpn_protocol();
    let protocol = protocol.map(|name| String::from_utf8_lossy(name).into_owned());
    let wants_certificate = heard.wants_certificate.load(Ordering::Relaxed);
    let afterwards = if wants_certificate && tls13 {
        let mut byte = [0];
        match timeout_at(deadline, stream.read(&mut byte)).await {
            Err(_) => Afterwards::Silent,
            Ok(Ok(0)) => Afterwards::Closed,
            Ok(Ok(_)) => Afterwards::Data,
            Ok(Err(error)) => alert(&error).map_or(Afterwards::Closed, Afterwards::Alert),
        }
    } else {
        Afterwards::NotRead
    };
    Answer::Handshake(Box::new(Handshake {
        chain: heard.chain().unwrap_or_default(),
        version: if tls13 { "1.3" } else { "1.2" }.to_owned(),
        protocol,
        wants_certificate,
        afterwards,
    }))
}

fn failed(error: &io::Error, chain: Option<Chain>) -> Answer {
    if let Some(alert) = alert(error) {
        return Answer::Alert { alert, chain };
    }
    match tls_error(error) {
        Some(rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        )) => Answer::NotTls,
        Some(error) => other(error),
        None => Answer::Closed,
    }
}

fn other(error: &dyn std::error::Error) -> Answer {
    Answer::Other {
        reason: error.to_string(),
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// Returns the name of the alert as in the RFCs, if the server sent one.
fn alert(error: &io::Error) -> Option<String> {
    match tls_error(error)? {
        rustls::Error::AlertReceived(alert) => Some(rfc_name(*alert)),
        _ => None,
    }
}

/// Converts `CertificateRequired` to `certificate_required`, and `UnknownCA` to `unknown_ca`.
fn rfc_name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let mut after_small = false;
    for c in format!("{alert:?}").chars() {
        if c.is_ascii_uppercase() && after_small {
            name.push('_');
        }
        after_small = c.is_ascii_lowercase();
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn config(
    heard: &Arc<Heard>,
    protocols: &[String],
    only_tls13: bool,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions: &[_] = if only_tls13 {
        &[&rustls::version::TLS13]
    } else {
        rustls::DEFAULT_VERSIONS
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Look {
            heard: Arc::clone(heard),
        }))
        .with_client_cert_resolver(Arc::new(NoCertificate(Arc::clone(heard))));
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    Ok(config)
}

/// The server's data during the handshake.
#[derive(Debug, Default)]
struct Heard {
    chain: Mutex<Vec<CertificateDer<'static>>>,
    wants_certificate: AtomicBool,
}

impl Heard {
    fn chain(&self) -> Option<Chain> {
        let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        (!chain.is_empty()).then(|| Chain::new(chain.clone()))
    }
}

/// Records the server's certificates without trusting them. That the server has the key is verified.
struct Look {
    heard: Arc<Heard>,
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Look")
    }
}

impl ServerCertVerifier for Look {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let all = std::iter::once(end_entity).chain(intermediates);
        let all = all.map(|one| one.clone().into_owned()).collect();
        *self
            .heard
            .chain
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = all;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

/// Records that the server requests a certificate, and sends none.
#[derive(Debug)]
struct NoCertificate(Arc<Heard>);

impl ResolvesClientCert for NoCertificate {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        _sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        self.0.wants_certificate.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::rfc_name;

    #[test]
    fn alerts_have_the_names_of_the_rfcs() {
        for (alert, name) in [
            (
                AlertDescription::CertificateRequired,
                "certificate_required",
            ),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (
                AlertDescription::NoApplicationProtocol,
                "no_application_protocol",
            ),
        ] {
            assert_eq!(rfc_name(alert), name);
        }
    }
}
