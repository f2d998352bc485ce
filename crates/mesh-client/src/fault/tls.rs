//! Explanations of rustls' errors: none of its own texts is shown to a person.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::ConnectFault;
use mesh_model::x509::Flaw;

pub(super) fn of_tls(error: &Error) -> ConnectFault {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) => ConnectFault::NotTls,
        Error::AlertReceived(alert) => match of_client_certificate(*alert) {
            Some(why) => ConnectFault::ClientCertificateRefused {
                alert: why.to_owned(),
            },
            None => refused(of_alert(*alert)),
        },
        Error::PeerIncompatible(why) => refused(of_incompatible(why)),
        Error::NoCertificatesPresented => refused("the server presents no certificate"),
        Error::NoApplicationProtocol => refused("the server speaks neither HTTP/1.1 nor HTTP/2"),
        Error::FailedToGetRandomBytes => refused("this machine has no random numbers"),
        _ => refused("the server violates the TLS protocol"),
    }
}

fn refused(reason: &str) -> ConnectFault {
    ConnectFault::TlsRefused {
        reason: reason.to_owned(),
    }
}

/// Returns the reason why a server refuses its client's certificate, for the alerts about that (RFC 8446, 6.2).
fn of_client_certificate(alert: AlertDescription) -> Option<&'static str> {
    Some(match alert {
        AlertDescription::BadCertificate => "it does not accept it (bad certificate)",
        AlertDescription::UnsupportedCertificate => {
            "it does not know its kind of certificate or key"
        }
        AlertDescription::CertificateRevoked => "it has been revoked",
        AlertDescription::CertificateExpired => "it has expired, or is not valid yet",
        AlertDescription::CertificateUnknown => "it does not accept it (certificate unknown)",
        AlertDescription::CertificateRequired => "none was sent, and one is needed",
        AlertDescription::UnknownCA => {
            "it is signed by an authority that the server does not trust"
        }
        AlertDescription::AccessDenied => "access is denied",
        _ => return None,
    })
}

/// Returns the meaning of other alerts, which are not about a certificate of ours.
fn of_alert(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "the server accepts none of the offered TLS parameters"
        }
        AlertDescription::ProtocolVersion => {
            "the server speaks no version of TLS that is offered (1.2 and 1.3)"
        }
        AlertDescription::UnrecognisedName => {
            "the server does not know the name that it is asked for"
        }
        AlertDescription::NoApplicationProtocol => "the server speaks neither HTTP/1.1 nor HTTP/2",
        AlertDescription::InternalError => "the server failed (internal error)",
        AlertDescription::DecryptError => "the server does not accept a signature",
        AlertDescription::CloseNotify | AlertDescription::UserCanceled => {
            "the server ended the connection"
        }
        _ => "the server does not accept what it was sent",
    }
}

fn of_incompatible(why: &PeerIncompatible) -> &'static str {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => {
            "the server speaks no version of TLS that is offered (1.2 and 1.3)"
        }
        PeerIncompatible::NoCipherSuitesInCommon
        | PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NoEcPointFormatsInCommon => {
            "the server accepts none of the offered TLS parameters"
        }
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "the server accepts none of the offered signature algorithms"
        }
        _ => "the server requires a TLS feature that is not supported here",
    }
}

/// Returns the fault for our own verdict on a certificate; rustls itself judges none.
fn of_certificate(error: &CertificateError) -> ConnectFault {
    let flaw = match error {
        CertificateError::Other(other) => other.0.downcast_ref::<Flaw>(),
        _ => None,
    };
    match flaw {
        Some(Flaw::UnknownAuthority { candidate }) => ConnectFault::UnknownAuthority {
            reason: candidate.as_ref().map(ToString::to_string),
        },
        Some(Flaw::Expired(not_after)) => ConnectFault::CertificateExpired {
            not_after: *not_after,
        },
        Some(Flaw::NotYetValid(not_before)) => ConnectFault::CertificateNotYetValid {
            not_before: *not_before,
        },
        Some(Flaw::Name {
            expected,
            valid_for,
            in_common_name,
        }) => ConnectFault::NameMismatch {
            expected: expected.clone(),
            valid_for: valid_for.clone(),
            in_common_name: *in_common_name,
        },
        Some(Flaw::Malformed(reason)) => ConnectFault::CertificateUnusable {
            reason: (*reason).to_owned(),
        },
        Some(Flaw::Unfit(reason)) => ConnectFault::CertificateUnusable {
            reason: reason.clone(),
        },
        Some(Flaw::OtherKey) | None => ConnectFault::CertificateUnusable {
            reason: "TLS does not accept it".to_owned(),
        },
    }
}
