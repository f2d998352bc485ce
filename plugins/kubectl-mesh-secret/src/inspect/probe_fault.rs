//! What it means for a secret that its server cannot be connected to, and what mends that. Pure.

use mesh_common::client::{ConnectFault, connect_fault};
use mesh_common::model::error::{Error, Kind};
use mesh_common::model::finding::{CheckId, Finding, Severity};

use crate::held::{Held, OTHER_SERVER, create_again, create_again_by_hand, create_again_with};

/// The finding; `invalid` is the ID for a credential that is not accepted.
pub(super) fn unconnected(
    held: &Held,
    key: &str,
    server: &str,
    error: &Error,
    invalid: CheckId,
) -> Finding {
    let by_hand = |what| create_again_by_hand(held, key, what);
    let (id, fix) = match connect_fault(error) {
        Some(ConnectFault::ClientCertificateRefused { .. }) => (invalid, create_again(held, key)),
        // The credential itself cannot be used, so no connection was tried.
        None if error.kind() == Kind::Unauthenticated => (invalid, create_again(held, key)),
        Some(ConnectFault::CertificateExpired { .. }) => (
            CheckId::SecretCaMismatch,
            "renew the API server's certificate, with kubeadm: kubeadm certs renew apiserver"
                .into(),
        ),
        Some(ConnectFault::CertificateNotYetValid { .. }) => (
            CheckId::SecretCaMismatch,
            "compare the clock of the API server's machine with this one's".into(),
        ),
        Some(ConnectFault::CertificateUnusable { .. }) => (
            CheckId::SecretCaMismatch,
            "give the API server a certificate that Kubernetes' clients accept".into(),
        ),
        Some(ConnectFault::NameMismatch { valid_for, .. }) => (
            CheckId::SecretCaMismatch,
            match valid_for.first() {
                Some(name) => create_again_with(held, key, "--tls-server-name", name),
                None => by_hand("with --server, and an address that its certificate names"),
            },
        ),
        Some(fault) if !fault.is_unreachable() => (
            CheckId::SecretCaMismatch,
            by_hand("with --ca-file, and the CA that signed the server's certificate"),
        ),
        Some(_) | None => (CheckId::SecretServerUnreachable, by_hand(OTHER_SERVER)),
    };
    Finding::new(
        id,
        Severity::Error,
        format!("server {server}: {}", cause(error)),
    )
    .fix(fix)
}

/// Whether the server was reached, and does not take the credential or is not trusted; what is not reached from here may be
/// reached by istiod.
pub(super) fn is_refusal(error: &Error) -> bool {
    error.kind() == Kind::Unauthenticated
        || connect_fault(error).is_some_and(|fault| !fault.is_unreachable())
}

/// The innermost thing that went wrong, for a line that already says where.
pub(super) fn cause(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
