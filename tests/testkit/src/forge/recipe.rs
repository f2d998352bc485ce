//! The contents of a certificate.

use std::net::IpAddr;

use jiff::Timestamp;

use super::der::{bits, oid, sequence, tlv};
use super::key::{Key, Kind, Signing, pem};
use crate::pki::{Identity, Validity};

const COMMON_NAME: &str = "2.5.4.3";
const NAMES: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const EXTENDED_USAGE: &str = "2.5.29.37";

/// The usages that a certificate states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Servers.
    Server,
    /// Clients.
    Client,
    /// Signing programs, which is neither.
    Code,
    /// Anything.
    Any,
}

/// A certificate to be made.
#[derive(Debug, Clone)]
pub struct Recipe {
    version: u8,
    serial: Vec<u8>,
    subject: String,
    subject_tag: u8,
    key: Key,
    validity: Validity,
    signing: Signing,
    extensions: Vec<Vec<u8>>,
}

/// A certificate that was made, with its key.
#[derive(Debug, Clone)]
pub struct Forged {
    /// The certificate.
    pub der: Vec<u8>,
    /// Its private key.
    pub key: Key,
    subject: Vec<u8>,
}

impl Recipe {
    /// A certificate of that common name, of the third version, P-256 and without extensions.
    pub fn new(common_name: &str) -> Self {
        Self {
            version: 3,
            serial: vec![1],
            subject: common_name.to_owned(),
            subject_tag: 12,
            key: Key::of(Kind::P256, 0),
            validity: Validity::usual(),
            signing: Signing::Usual,
            extensions: Vec::new(),
        }
    }

    /// A usual authority.
    pub fn authority(common_name: &str) -> Self {
        Self::new(common_name)
            .key(Kind::P256, 1)
            .authority_or_not(true)
    }

    /// A usual server for loopback.
    pub fn server(common_name: &str) -> Self {
        Self::new(common_name)
            .names(&["localhost", "127.0.0.1"])
            .usage(&[Usage::Server])
    }

    /// A usual client.
    pub fn client(common_name: &str) -> Self {
        Self::new(common_name).usage(&[Usage::Client])
    }

    /// The key, by kind and number.
    #[must_use]
    pub fn key(self, kind: Kind, number: u8) -> Self {
        self.own_key(Key::of(kind, number))
    }

    /// The key itself.
    #[must_use]
    pub fn own_key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// 1, 2 or 3; the first two drop all extensions.
    #[must_use]
    pub fn version(mut self, version: u8) -> Self {
        self.version = version;
        if version < 3 {
            self.extensions.clear();
        }
        self
    }

    /// The bytes of the serial number.
    #[must_use]
    pub fn serial(mut self, serial: &[u8]) -> Self {
        self.serial = serial.to_vec();
        self
    }

    /// Its subject as a text of that ASN.1 tag, such as 19 for `PrintableString`.
    #[must_use]
    pub fn subject_tag(mut self, tag: u8) -> Self {
        self.subject_tag = tag;
        self
    }

    /// From when until when it holds.
    #[must_use]
    pub fn validity(mut self, validity: Validity) -> Self {
        self.validity = validity;
        self
    }

    /// Its signature.
    #[must_use]
    pub fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self
    }

    /// Any extension.
    #[must_use]
    pub fn extension(mut self, id: &str, critical: bool, value: &[u8]) -> Self {
        let mut parts = vec![oid(id)];
        if critical {
            parts.push(tlv(1, &[0xff]));
        }
        parts.push(tlv(4, value));
        self.extensions.push(sequence(&parts));
        self
    }

    /// The names and addresses that it is for.
    #[must_use]
    pub fn names(self, names: &[&str]) -> Self {
        let names: Vec<Vec<u8>> = names.iter().map(|name| general_name(name)).collect();
        self.extension(NAMES, false, &sequence(&names))
    }

    /// `basicConstraints`.
    #[must_use]
    pub fn authority_or_not(self, is_authority: bool) -> Self {
        let inside = if is_authority {
            vec![tlv(1, &[0xff])]
        } else {
            Vec::new()
        };
        self.extension(BASIC_CONSTRAINTS, true, &sequence(&inside))
    }

    /// `basicConstraints` of an authority with so many others below it at most.
    #[must_use]
    pub fn authority_of_length(self, longest: u8) -> Self {
        let inside = [tlv(1, &[0xff]), tlv(2, &[longest])];
        self.extension(BASIC_CONSTRAINTS, true, &sequence(&inside))
    }

    /// `keyUsage` of a key that signs certificates, or of one that does not.
    #[must_use]
    pub fn may_sign(self, may: bool) -> Self {
        let value: &[u8] = if may { &[2, 0x04] } else { &[7, 0x80] };
        self.extension(KEY_USAGE, true, &tlv(3, value))
    }

    /// `extendedKeyUsage`.
    #[must_use]
    pub fn usage(self, usages: &[Usage]) -> Self {
        let usages: Vec<Vec<u8>> = usages
            .iter()
            .map(|usage| {
                oid(match usage {
                    Usage::Server => "1.3.6.1.5.5.7.3.1",
                    Usage::Client => "1.3.6.1.5.5.7.3.2",
                    Usage::Code => "1.3.6.1.5.5.7.3.3",
                    Usage::Any => "2.5.29.37.0",
                })
            })
            .collect();
        self.extension(EXTENDED_USAGE, false, &sequence(&usages))
    }

    /// Names that it may sign for, and names that it may not: domains, or networks such as `10.0.0.0/255.0.0.0`.
    #[must_use]
    pub fn constraints(self, permitted: &[&str], excluded: &[&str]) -> Self {
        let trees = |tag: u8, names: &[&str]| {
            let trees = names.iter().map(|name| sequence(&[subtree(name)]));
            let trees: Vec<Vec<u8>> = trees.collect();
            if trees.is_empty() {
                Vec::new()
            } else {
                tlv(tag, &trees.concat())
            }
        };
        let value = sequence(&[trees(0xa0, permitted), trees(0xa1, excluded)]);
        self.extension(NAME_CONSTRAINTS, true, &value)
    }

    /// Signed by its own key.
    pub fn by_itself(&self) -> Forged {
        let subject = name(&self.subject, self.subject_tag);
        self.signed(&self.key, &subject)
    }

    /// Signed by an issuer.
    pub fn by(&self, issuer: &Forged) -> Forged {
        self.signed(&issuer.key, &issuer.subject)
    }

    fn signed(&self, key: &Key, issuer: &[u8]) -> Forged {
        let (algorithm, _) = key.sign(self.signing, &[]);
        let subject = name(&self.subject, self.subject_tag);
        let mut tbs = Vec::new();
        if self.version > 1 {
            tbs.push(tlv(0xa0, &tlv(2, &[self.version - 1])));
        }
        let Validity {
            not_before,
            not_after,
        } = self.validity;
        tbs.extend([
            tlv(2, &self.serial),
            algorithm.clone(),
            issuer.to_vec(),
            sequence(&[time(not_before), time(not_after)]),
            subject.clone(),
            self.key.spki(),
        ]);
        if !self.extensions.is_empty() {
            tbs.push(tlv(0xa3, &sequence(&self.extensions)));
        }
        let tbs = sequence(&tbs);
        let (_, signature) = key.sign(self.signing, &tbs);
        Forged {
            der: sequence(&[tbs, algorithm, bits(&signature)]),
            key: self.key.clone(),
            subject,
        }
    }
}

impl Forged {
    /// The certificate as PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    /// Certificate and key as PEM.
    pub fn identity(&self) -> Identity {
        Identity {
            certificate_pem: self.pem(),
            key_pem: self.key.pem(),
        }
    }
}

fn name(common_name: &str, tag: u8) -> Vec<u8> {
    let attribute = sequence(&[oid(COMMON_NAME), tlv(tag, common_name.as_bytes())]);
    sequence(&[tlv(0x31, &attribute)])
}

fn general_name(name: &str) -> Vec<u8> {
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(four)) => tlv(0x87, &four.octets()),
        Ok(IpAddr::V6(sixteen)) => tlv(0x87, &sixteen.octets()),
        Err(_) if name.contains("://") => tlv(0x86, name.as_bytes()),
        Err(_) if name.contains('@') => tlv(0x81, name.as_bytes()),
        Err(_) => tlv(0x82, name.as_bytes()),
    }
}

fn subtree(name: &str) -> Vec<u8> {
    let Some((network, mask)) = name.split_once('/') else {
        return general_name(name);
    };
    let bytes = |text: &str| match text.parse::<IpAddr>().expect("an address") {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(sixteen) => sixteen.octets().to_vec(),
    };
    tlv(0x87, &[bytes(network), bytes(mask)].concat())
}

fn time(time: Timestamp) -> Vec<u8> {
    let text = time.strftime("%Y%m%d%H%M%SZ").to_string();
    // Two digits of the year until 2049.
    match text.strip_prefix("20") {
        Some(short) if short < "50" => tlv(0x17, short.as_bytes()),
        _ => tlv(0x18, text.as_bytes()),
    }
}
