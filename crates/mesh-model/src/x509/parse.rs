//! Parsing of certificates by Go's rules: a certificate that Go's parser refuses is not accepted.

use jiff::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Version;

use super::constraints::{NameConstraints, is_valid_domain};
use super::flaw::Flaw;
use super::key::Key;
use super::policies::Policies;
use super::signature::Algorithm;
use super::text;

/// The parts of a certificate that are needed to build and judge chains.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub(super) raw: Vec<u8>,
    /// The signed part (`tbsCertificate`).
    pub(super) tbs: Vec<u8>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) signature: Vec<u8>,
    /// The version: 1, 2 or 3.
    pub(super) version: u32,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    /// Its subject for messages.
    pub(super) title: String,
    pub(super) common_name: Option<String>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) spki: Vec<u8>,
    pub(super) key: Key,
    /// The extension with its alternative names, unparsed.
    pub(super) san: Option<Vec<u8>>,
    pub(super) names: Names,
    pub(super) authority: Option<Authority>,
    pub(super) may_sign: Option<bool>,
    pub(super) usages: Option<Usages>,
    pub(super) constraints: Option<NameConstraints>,
    pub(super) policies: Policies,
    pub(super) subject_key_id: Vec<u8>,
    pub(super) authority_key_id: Vec<u8>,
    /// True if it has a critical extension that is not supported here.
    pub(super) has_unknown_critical: bool,
}

/// The names of the extension `subjectAltName`.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) dns: Vec<String>,
    pub(super) emails: Vec<String>,
    pub(super) addresses: Vec<std::net::IpAddr>,
    pub(super) uris: Vec<String>,
}

/// The extension `basicConstraints`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authority {
    pub(super) is_one: bool,
    pub(super) longest_path: Option<u32>,
}

/// The extension `extendedKeyUsage`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usages {
    pub(super) any: bool,
    pub(super) server: bool,
    pub(super) client: bool,
}

impl Certificate {
    /// Reads a certificate in DER form.
    ///
    /// # Errors
    /// A certificate that Go would not read either.
    ///
    /// Source: `parseCertificate` in Go's `src/crypto/x509/parser.go`.
    pub fn read(der: &[u8]) -> Result<Self, Flaw> {
        let bad = Flaw::Malformed;
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|_| bad("it is not a certificate (DER)"))?;
        if !rest.is_empty() {
            return Err(bad("something follows it"));
        }
        let tbs = &parsed.tbs_certificate;
        let version = match tbs.version {
            X509Version(version @ 0..=2) => version + 1,
            X509Version(_) => return Err(bad("its version is none that exists")),
        };
        if tbs
            .raw_serial()
            .first()
            .is_some_and(|first| first & 0x80 != 0)
        {
            return Err(bad("its serial number is negative"));
        }
        if tbs.signature != parsed.signature_algorithm {
            return Err(bad("it names two different signature algorithms"));
        }
        if !text::is_sound(tbs.issuer()) || !text::is_sound(tbs.subject()) {
            return Err(bad(
                "a name in it is not of the kind of text that it claims to be",
            ));
        }
        let time = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|_| bad("its dates are out of range"))
        };
        let common_name = tbs.subject().iter_common_name().last();
        let mut certificate = Self {
            raw: der.to_vec(),
            tbs: tbs.as_ref().to_vec(),
            algorithm: Algorithm::of(&parsed.signature_algorithm),
            signature: parsed.signature_value.data.to_vec(),
            version,
            issuer: tbs.issuer().as_raw().to_vec(),
            subject: tbs.subject().as_raw().to_vec(),
            title: text::of_name(tbs.subject()),
            common_name: common_name
                .and_then(|name| name.as_str().ok())
                .map(str::to_owned),
            not_before: time(tbs.validity().not_before)?,
            not_after: time(tbs.validity().not_after)?,
            spki: tbs.subject_pki.raw.to_vec(),
            key: Key::of(&tbs.subject_pki)?,
            san: None,
            names: Names::default(),
            authority: None,
            may_sign: None,
            usages: None,
            constraints: None,
            policies: Policies::default(),
            subject_key_id: Vec::new(),
            authority_key_id: Vec::new(),
            has_unknown_critical: false,
        };
        // Only the third version has extensions.
        if version == 3 {
            for (index, extension) in tbs.extensions().iter().enumerate() {
                if tbs.extensions()[..index]
                    .iter()
                    .any(|e| e.oid == extension.oid)
                {
                    return Err(bad("it has an extension twice"));
                }
                certificate.has_unknown_critical |=
                    !certificate.take(extension)? && extension.critical;
            }
        }
        Ok(certificate)
    }

    /// Reads one extension; returns whether it was understood.
    fn take(&mut self, extension: &X509Extension<'_>) -> Result<bool, Flaw> {
        let bad = Flaw::Malformed;
        match extension.parsed_extension() {
            ParsedExtension::ParseError { .. } => {
                return Err(bad("one of its extensions is malformed"));
            }
            ParsedExtension::KeyUsage(usage) => {
                self.may_sign = (usage.flags != 0).then(|| usage.key_cert_sign());
            }
            ParsedExtension::BasicConstraints(constraints) => {
                self.authority = Some(Authority {
                    is_one: constraints.ca,
                    longest_path: constraints.path_len_constraint,
                });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.san = Some(extension.value.to_vec());
                self.names = Names::of(&names.general_names)?;
                return Ok(!self.names.is_empty());
            }
            ParsedExtension::NameConstraints(constraints) => {
                let (constraints, is_whole) = NameConstraints::of(constraints)?;
                self.constraints = Some(constraints);
                return Ok(is_whole);
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let is_empty = !(usage.any
                    || usage.server_auth
                    || usage.client_auth
                    || usage.code_signing
                    || usage.email_protection
                    || usage.time_stamping
                    || usage.ocsp_signing
                    || !usage.other.is_empty());
                self.usages = (!is_empty).then_some(Usages {
                    any: usage.any,
                    server: usage.server_auth,
                    client: usage.client_auth,
                });
            }
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                if extension.critical {
                    return Err(bad("its authority key identifier is marked critical"));
                }
                if let Some(id) = &id.key_identifier {
                    self.authority_key_id = id.0.to_vec();
                }
            }
            ParsedExtension::SubjectKeyIdentifier(id) => {
                if extension.critical {
                    return Err(bad("its subject key identifier is marked critical"));
                }
                self.subject_key_id = id.0.to_vec();
            }
            ParsedExtension::AuthorityInfoAccess(_) if extension.critical => {
                return Err(bad("its authority info access is marked critical"));
            }
            ParsedExtension::CertificatePolicies(_)
            | ParsedExtension::PolicyMappings(_)
            | ParsedExtension::PolicyConstraints(_)
            | ParsedExtension::InhibitAnyPolicy(_) => {
                self.policies.take(extension.parsed_extension())?;
            }
            ParsedExtension::CRLDistributionPoints(_) | ParsedExtension::AuthorityInfoAccess(_) => {
                return Ok(true);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns the time at which it expires.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Names {
    fn of(all: &[GeneralName<'_>]) -> Result<Self, Flaw> {
        let bad = Flaw::Malformed("one of its names is malformed");
        let mut names = Self::default();
        for name in all {
            match name {
                GeneralName::DNSName(name) => names.dns.push((*name).to_owned()),
                GeneralName::RFC822Name(name) => names.emails.push((*name).to_owned()),
                GeneralName::URI(uri) => {
                    if host_of(uri).is_some_and(|host| !is_valid_domain(host, false)) {
                        return Err(bad);
                    }
                    names.uris.push((*uri).to_owned());
                }
                GeneralName::IPAddress(bytes) => {
                    if let Ok(four) = <[u8; 4]>::try_from(*bytes) {
                        names.addresses.push(four.into());
                    } else if let Ok(sixteen) = <[u8; 16]>::try_from(*bytes) {
                        names.addresses.push(sixteen.into());
                    } else {
                        return Err(bad);
                    }
                }
                GeneralName::Invalid(tag, _) if matches!(tag.0, 1 | 2 | 6 | 7) => return Err(bad),
                _ => (),
            }
        }
        Ok(names)
    }

    fn is_empty(&self) -> bool {
        self.dns.is_empty()
            && self.emails.is_empty()
            && self.addresses.is_empty()
            && self.uris.is_empty()
    }

    /// Returns the names for messages: names before addresses, because a name is the usual value of `tls-server-name`.
    pub(super) fn shown(&self) -> Vec<String> {
        let names = self.dns.iter().map(|name| text::shown(name));
        names
            .chain(self.addresses.iter().map(ToString::to_string))
            .collect()
    }
}

/// Returns the host of a URI, with its port, as Go's url.Parse finds it.
pub(super) fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some(host)
}
