//! Connects rustls with [`mesh_model::x509`]: server certificates are judged by Go's rules.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};

use mesh_model::x509::{self, Flaw, Purpose, Roots};

/// Verifies servers' certificates.
pub(crate) enum Verifier {
    /// With these roots, for this name.
    Roots { roots: Arc<Roots>, name: String },
    /// `insecure-skip-tls-verify`: any certificate is accepted, but the server must have its key.
    Any,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Roots { .. } => "Verifier::Roots",
            Self::Any => "Verifier::Any",
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown: Vec<&[u8]> = std::iter::once(end_entity)
            .chain(intermediates)
            .map(AsRef::as_ref)
            .collect();
        if let Self::Roots { roots, name } = self {
            let now = i64::try_from(now.as_secs()).ok();
            let now = now.and_then(|seconds| Timestamp::from_second(seconds).ok());
            x509::verify(
                &shown,
                roots,
                Purpose::Server(Some(name)),
                now.unwrap_or(Timestamp::MAX),
            )
            .map_err(refused)?;
        } else {
            x509::read_shown(&shown).map_err(refused)?;
        }
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
        x509::SCHEMES.to_vec()
    }
}

/// Verifies the server's signature in a TLS 1.2 handshake.
pub(crate) fn verify_tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    x509::verify_tls12(message, certificate, signed.scheme, signed.signature())
        .map(|()| HandshakeSignatureValid::assertion())
        .map_err(refused)
}

/// Verifies the server's signature in a TLS 1.3 handshake.
pub(crate) fn verify_tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    x509::verify_tls13(message, certificate, signed.scheme, signed.signature())
        .map(|()| HandshakeSignatureValid::assertion())
        .map_err(refused)
}

/// Wraps a flaw in an error of rustls; `cluster::fault` unwraps it again.
fn refused(flaw: Flaw) -> rustls::Error {
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(flaw))))
}
