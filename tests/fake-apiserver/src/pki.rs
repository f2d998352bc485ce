//! Certificates for tests: authorities, servers, clients, made when a test runs, so that no key is ever in git.
//!
//! Everything is ECDSA P-256 and signed with ring, as a kube-apiserver takes it. This module knows no cluster, no
//! file and no socket: it makes PEM texts, and whoever needs a file writes one.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};

/// The names that a server on loopback answers to.
pub const LOOPBACK: [&str; 2] = ["127.0.0.1", "localhost"];

/// A certificate and its private key, both PEM. Debug shows neither.
#[derive(Clone)]
pub struct Identity {
    /// The leaf certificate alone; the authority's is [`CertificateAuthority::certificate_pem`].
    pub certificate_pem: String,
    /// The private key, PKCS#8.
    pub key_pem: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// From when until when a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
}

impl Validity {
    /// From an hour ago for ten years: what a test wants that does not care.
    pub fn usual() -> Self {
        Self {
            not_before: hours_from_now(-1),
            not_after: hours_from_now(24 * 3650),
        }
    }

    /// A day long, and over since an hour.
    pub fn expired() -> Self {
        Self {
            not_before: hours_from_now(-25),
            not_after: hours_from_now(-1),
        }
    }

    /// Begins in an hour.
    pub fn not_yet() -> Self {
        Self {
            not_before: hours_from_now(1),
            not_after: hours_from_now(25),
        }
    }

    /// Limits a certificate that is still to be made to this time.
    pub fn limit(self, params: &mut CertificateParams) {
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + since_epoch(self.not_before);
        params.not_after = epoch + since_epoch(self.not_after);
    }

    /// From an hour ago until the given number of hours from now.
    pub fn for_hours(hours: i64) -> Self {
        Self {
            not_before: hours_from_now(-1),
            not_after: hours_from_now(hours),
        }
    }
}

/// The moment that is so many hours from now, by the real clock.
#[expect(
    clippy::disallowed_methods,
    reason = "certificates are compared with the real clock by whoever reads them"
)]
pub fn hours_from_now(hours: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(hours)
}

/// An authority that issues server and client certificates.
pub struct CertificateAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateAuthority")
            .finish_non_exhaustive()
    }
}

impl CertificateAuthority {
    /// Makes an authority whose subject is `CN=common_name`.
    pub fn new(common_name: &str) -> Self {
        Self::with_validity(common_name, Validity::usual())
    }

    /// As [`Self::new`], with the time for which the authority itself holds.
    pub fn with_validity(common_name: &str, validity: Validity) -> Self {
        let mut params = params(common_name, &[], validity);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let issuer = CertifiedIssuer::self_signed(params, new_key())
            .expect("an authority can sign its own certificate");
        Self { issuer }
    }

    /// An authority below this one, which issues leaf certificates only.
    #[must_use]
    pub fn intermediate(&self, common_name: &str) -> Self {
        let mut params = params(common_name, &[], Validity::usual());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        params.use_authority_key_identifier_extension = true;
        let issuer = CertifiedIssuer::signed_by(params, new_key(), &self.issuer)
            .expect("an authority can sign");
        Self { issuer }
    }

    /// The authority's certificate.
    pub fn certificate_pem(&self) -> String {
        self.issuer.pem()
    }

    /// The authority's certificate and key, for a part that signs by itself.
    pub fn identity(&self) -> Identity {
        Identity {
            certificate_pem: self.issuer.pem(),
            key_pem: self.issuer.key().serialize_pem(),
        }
    }

    /// A server certificate for these DNS names and IP addresses.
    pub fn server(&self, names: &[&str]) -> Identity {
        self.server_with_validity(names, Validity::usual())
    }

    /// As [`Self::server`], with the time for which it holds.
    pub fn server_with_validity(&self, names: &[&str], validity: Validity) -> Identity {
        let mut params = params("kube-apiserver", &[], validity);
        params.subject_alt_names =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())
                .expect("server names are DNS names or IP addresses")
                .subject_alt_names;
        // A kube-apiserver also dials kubelets and webhooks with its certificate.
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        self.issue(params)
    }

    /// A client certificate: `CN` is the user's name, each `O` one of its groups, of which there may be two
    /// (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates>).
    pub fn client(&self, common_name: &str, organizations: &[&str]) -> Identity {
        self.client_with_validity(common_name, organizations, Validity::usual())
    }

    /// As [`Self::client`], with the time for which it holds.
    pub fn client_with_validity(
        &self,
        common_name: &str,
        organizations: &[&str],
        validity: Validity,
    ) -> Identity {
        let mut params = params(common_name, organizations, validity);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params)
    }

    fn issue(&self, mut params: CertificateParams) -> Identity {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let key = new_key();
        let certificate = params
            .signed_by(&key, &self.issuer)
            .expect("an authority can sign");
        Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }
}

/// A key pair on its own, such as the one that signs `ServiceAccount` tokens: private (PKCS#8) and public key, PEM.
pub fn signing_key() -> (String, String) {
    let key = new_key();
    (key.serialize_pem(), key.public_key_pem())
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("the system gives random bytes")
}

fn params(common_name: &str, organizations: &[&str], validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    // rcgen keeps one value for each kind of name, so the second organization goes in under its bare OID.
    let kinds = [
        DnType::OrganizationName,
        DnType::CustomDnType(vec![2, 5, 4, 10]),
    ];
    assert!(organizations.len() <= kinds.len(), "two groups at most");
    for (kind, organization) in kinds.into_iter().zip(organizations) {
        params.distinguished_name.push(kind, *organization);
    }
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    validity.limit(&mut params);
    params
}

fn since_epoch(moment: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second()).expect("certificates are of this age"))
}

#[cfg(test)]
mod tests {
    use x509_parser::pem::parse_x509_pem;

    use super::*;

    #[test]
    fn client_certificate_names_user_and_groups() {
        let ca = CertificateAuthority::new("east-ca");
        let identity = ca.client("admin", &["system:masters", "devs"]);
        let (_, pem) = parse_x509_pem(identity.certificate_pem.as_bytes()).unwrap();
        let certificate = pem.parse_x509().unwrap();
        let subject = certificate.subject();
        assert_eq!(
            subject.iter_common_name().next().unwrap().as_str().unwrap(),
            "admin"
        );
        let groups: Vec<_> = subject
            .iter_organization()
            .map(|o| o.as_str().unwrap())
            .collect();
        assert_eq!(groups, ["system:masters", "devs"]);
        assert!(certificate.validity().is_valid());
    }

    #[test]
    fn expired_certificate_is_over() {
        let ca = CertificateAuthority::new("east-ca");
        let identity = ca.server_with_validity(&LOOPBACK, Validity::expired());
        let (_, pem) = parse_x509_pem(identity.certificate_pem.as_bytes()).unwrap();
        assert!(!pem.parse_x509().unwrap().validity().is_valid());
    }

    #[test]
    fn debug_shows_no_key() {
        let ca = CertificateAuthority::new("east-ca");
        let shown = format!("{ca:?} {:?}", ca.client("admin", &[]));
        assert_eq!(shown, "CertificateAuthority { .. } Identity { .. }");
    }
}
