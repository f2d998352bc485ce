//! Checks a certificate for a host name or an address: by its alternative names only, never by the common name.
//!
//! Source: `VerifyHostname` in Go's `src/crypto/x509/verify.go`.

use std::net::IpAddr;

use super::{Certificate, Flaw, text};

pub(super) fn check(certificate: &Certificate, host: &str) -> Result<(), Flaw> {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    let matches = match bare.parse::<IpAddr>() {
        Ok(address) => {
            let same = |own: &IpAddr| own.to_canonical() == address.to_canonical();
            certificate.names.addresses.iter().any(same)
        }
        Err(_) => certificate.names.dns.iter().any(|own| is_for(own, host)),
    };
    if matches {
        return Ok(());
    }
    let common_name = certificate.common_name.as_deref();
    Err(Flaw::Name {
        expected: text::shown(host),
        valid_for: certificate.names.shown(),
        in_common_name: certificate.san.is_none()
            && common_name.is_some_and(|name| matches_labels(name, host)),
    })
}

fn is_for(own: &str, host: &str) -> bool {
    if is_hostname(host.strip_suffix('.').unwrap_or(host), false) && is_hostname(own, true) {
        matches_labels(own, host)
    } else {
        !matches!(own, "" | ".") && own.eq_ignore_ascii_case(host)
    }
}

/// Compares label by label; the first one of the certificate's may be `*`.
fn matches_labels(own: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if own.is_empty() || host.is_empty() || own.split('.').count() != host.split('.').count() {
        return false;
    }
    own.split('.')
        .zip(host.split('.'))
        .enumerate()
        .all(|(index, (own, host))| (index == 0 && own == "*") || own.eq_ignore_ascii_case(host))
}

fn is_hostname(name: &str, is_pattern: bool) -> bool {
    name != "*"
        && name.split('.').enumerate().all(|(index, label)| {
            let is_label = !label.is_empty()
                && !label.starts_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            is_label || (is_pattern && index == 0 && label == "*")
        })
}
