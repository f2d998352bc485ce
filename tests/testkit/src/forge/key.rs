//! Keys of every kind, made once for each test binary: long RSA keys take their time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::der::{NULL, bits, oid, sequence, tlv};

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// RSA of so many bits.
    Rsa(usize),
    /// RSA of three primes, 1536 bits.
    RsaOfThreePrimes,
    /// The curve P-224.
    P224,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
    /// The curve P-521.
    P521,
    /// Ed25519.
    Ed25519,
}

/// The signature of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// As usual for the key: with SHA-256, or that of the curve.
    Usual,
    /// With SHA-384.
    Sha384,
    /// With SHA-512.
    Sha512,
    /// By RSA-PSS with SHA-256.
    Pss,
    /// It claims to be signed with SHA-1.
    Sha1,
    /// It claims to be signed with MD5.
    Md5,
}

/// A private key. Debug does not show it.
#[derive(Clone)]
pub struct Key(Arc<Inner>);

enum Inner {
    Rsa(rsa::PrivateKey),
    P224(p224::SecretKey),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Ed25519(Vec<u8>, Ed25519KeyPair),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

static MADE: Mutex<BTreeMap<(Kind, u8), Key>> = Mutex::new(BTreeMap::new());

impl Key {
    /// The key of that kind and number; it is made where nobody asked for it before.
    pub fn of(kind: Kind, number: u8) -> Self {
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry((kind, number))
            .or_insert_with(|| Self(Arc::new(Inner::new(kind))))
            .clone()
    }

    /// As PEM, PKCS#8.
    pub fn pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8())
    }

    /// As PEM in the form of its own kind: PKCS#1 of RSA, SEC 1 of a curve; there is none of Ed25519.
    pub fn traditional_pem(&self) -> Option<String> {
        const CURVE: &str = "EC PRIVATE KEY";
        const WRITTEN: &str = "it can be written";
        let (label, der) = match &*self.0 {
            Inner::Rsa(key) => ("RSA PRIVATE KEY", pkcs1(key)),
            Inner::P224(key) => (CURVE, key.to_sec1_der().expect(WRITTEN).to_vec()),
            Inner::P256(key) => (CURVE, key.to_sec1_der().expect(WRITTEN).to_vec()),
            Inner::P384(key) => (CURVE, key.to_sec1_der().expect(WRITTEN).to_vec()),
            Inner::P521(key) => (CURVE, key.to_sec1_der().expect(WRITTEN).to_vec()),
            Inner::Ed25519(..) => return None,
        };
        Some(pem(label, &der))
    }

    /// In DER, PKCS#8.
    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        let written = match &*self.0 {
            Inner::Rsa(key) => {
                let algorithm = sequence(&[oid("1.2.840.113549.1.1.1"), NULL.to_vec()]);
                return sequence(&[tlv(2, &[0]), algorithm, tlv(4, &pkcs1(key))]);
            }
            Inner::P224(key) => key.to_pkcs8_der(),
            Inner::P256(key) => key.to_pkcs8_der(),
            Inner::P384(key) => key.to_pkcs8_der(),
            Inner::P521(key) => key.to_pkcs8_der(),
            Inner::Ed25519(pkcs8, _) => return pkcs8.clone(),
        };
        written.expect("it can be written").as_bytes().to_vec()
    }

    /// The public half as PEM.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki())
    }

    /// A JSON web token with these claims, signed by ES256; of P-256 only. It names no key.
    pub fn jwt(&self, claims: &Value) -> String {
        let Inner::P256(key) = &*self.0 else {
            panic!("ES256 is of P-256");
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&json!({"alg": "ES256"})), part(claims));
        let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key)
            .sign_prehash(&Sha256::digest(text.as_bytes()))
            .expect("it signs");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// The public half as certificates have it.
    pub(super) fn spki(&self) -> Vec<u8> {
        let written = match &*self.0 {
            Inner::Rsa(key) => key.to_public_key().to_public_key_der(),
            Inner::P224(key) => key.public_key().to_public_key_der(),
            Inner::P256(key) => key.public_key().to_public_key_der(),
            Inner::P384(key) => key.public_key().to_public_key_der(),
            Inner::P521(key) => key.public_key().to_public_key_der(),
            Inner::Ed25519(_, key) => {
                let algorithm = sequence(&[oid("1.3.101.112")]);
                return sequence(&[algorithm, bits(key.public_key().as_ref())]);
            }
        };
        written.expect("it can be written").as_bytes().to_vec()
    }

    /// The algorithm's identifier, and the signature of a message.
    pub(super) fn sign(&self, signing: Signing, message: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let digest = |bits: u32| match bits {
            256 => Sha256::digest(message).to_vec(),
            384 => Sha384::digest(message).to_vec(),
            _ => Sha512::digest(message).to_vec(),
        };
        /// A signature by a key of a curve, with a digest of so many bits.
        macro_rules! ecdsa {
            ($curve:ident, $key:expr, $usual:expr, $bytes:expr) => {{
                let (last, size) = match signing {
                    Signing::Sha384 => (3, 384),
                    Signing::Sha512 => (4, 512),
                    _ => match $usual {
                        256 => (2, 256),
                        384 => (3, 384),
                        _ => (4, 512),
                    },
                };
                let mut digest = digest(size);
                while digest.len() < $bytes {
                    digest.insert(0, 0);
                }
                let key = $curve::ecdsa::SigningKey::from($key);
                let signature: $curve::ecdsa::DerSignature =
                    key.sign_prehash(&digest).expect("it signs");
                (
                    sequence(&[oid(&format!("1.2.840.10045.4.3.{last}"))]),
                    signature.as_bytes().to_vec(),
                )
            }};
        }
        match (&*self.0, signing) {
            (Inner::Rsa(_), Signing::Sha1) => (of_rsa(5), vec![1; 256]),
            (Inner::Rsa(_), Signing::Md5) => (of_rsa(4), vec![1; 256]),
            (_, Signing::Sha1 | Signing::Md5) => {
                (sequence(&[oid("1.2.840.10045.4.1")]), vec![1; 64])
            }
            (Inner::Rsa(key), Signing::Pss) => {
                let signed = key.sign_with_rng(&mut Random, Pss::<Sha256>::new(), &digest(256));
                (pss_of_sha256(), signed.expect("it signs"))
            }
            (Inner::Rsa(key), _) => {
                let (last, padding, digest) = match signing {
                    Signing::Sha384 => (12, Pkcs1v15Sign::new::<Sha384>(), digest(384)),
                    Signing::Sha512 => (13, Pkcs1v15Sign::new::<Sha512>(), digest(512)),
                    _ => (11, Pkcs1v15Sign::new::<Sha256>(), digest(256)),
                };
                (of_rsa(last), key.sign(padding, &digest).expect("it signs"))
            }
            (Inner::P224(key), _) => ecdsa!(p224, key, 256, 28),
            (Inner::P256(key), _) => ecdsa!(p256, key, 256, 32),
            (Inner::P384(key), _) => ecdsa!(p384, key, 384, 48),
            (Inner::P521(key), _) => ecdsa!(p521, key, 512, 66),
            (Inner::Ed25519(_, key), _) => (
                sequence(&[oid("1.3.101.112")]),
                key.sign(message).as_ref().to_vec(),
            ),
        }
    }
}

/// An RSA key of its own form, with more primes than two where it has them, which its crate does not write.
fn pkcs1(key: &rsa::PrivateKey) -> Vec<u8> {
    let [p, q, others @ ..] = key.primes() else {
        panic!("it has two primes at least");
    };
    if others.is_empty() {
        let der = key.to_pkcs1_der().expect("it can be written");
        return der.as_bytes().to_vec();
    }
    let number = |number: &BoxedUint| {
        let bytes = number.to_be_bytes();
        let mut bytes: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
        if bytes.first().is_some_and(|first| first & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        tlv(2, &bytes)
    };
    // What follows from the primes is computed again by whoever reads it.
    let one = tlv(2, &[1]);
    let others = others
        .iter()
        .map(|prime| sequence(&[number(prime.as_ref()), one.clone(), one.clone()]));
    sequence(&[
        one.clone(),
        number(key.n().as_ref()),
        number(key.e()),
        number(key.d()),
        number(p.as_ref()),
        number(q.as_ref()),
        one.clone(),
        one.clone(),
        one.clone(),
        sequence(&others.collect::<Vec<_>>()),
    ])
}

fn of_rsa(last: u8) -> Vec<u8> {
    sequence(&[oid(&format!("1.2.840.113549.1.1.{last}")), NULL.to_vec()])
}

fn pss_of_sha256() -> Vec<u8> {
    let sha256 = sequence(&[oid("2.16.840.1.101.3.4.2.1"), NULL.to_vec()]);
    let mask = sequence(&[oid("1.2.840.113549.1.1.8"), sha256.clone()]);
    let parameters = sequence(&[
        tlv(0xa0, &sha256),
        tlv(0xa1, &mask),
        tlv(0xa2, &tlv(2, &[32])),
    ]);
    sequence(&[oid("1.2.840.113549.1.1.10"), parameters])
}

impl Inner {
    fn new(kind: Kind) -> Self {
        /// A random number that is a key of a curve.
        macro_rules! of_curve {
            ($curve:ident, $bytes:expr, $mask:expr) => {
                loop {
                    let mut bytes = random::<$bytes>();
                    bytes[0] &= $mask;
                    if let Ok(key) = $curve::SecretKey::from_slice(&bytes) {
                        break key;
                    }
                }
            };
        }
        match kind {
            Kind::Rsa(size) => Self::Rsa(
                rsa::PrivateKey::new_unchecked(&mut Random, size).expect("a key can be made"),
            ),
            Kind::RsaOfThreePrimes => {
                let of_two = || rsa::PrivateKey::new(&mut Random, 1024).expect("a key can be made");
                let primes = [of_two(), of_two()];
                let primes = primes.iter().flat_map(|key| key.primes().iter().take(2));
                let primes = primes.take(3).map(|prime| prime.as_ref().clone());
                let key =
                    rsa::PrivateKey::from_primes(primes.collect(), BoxedUint::from(65_537_u64));
                Self::Rsa(key.expect("a key can be made of any primes"))
            }
            Kind::P224 => Self::P224(of_curve!(p224, 28, 0xff)),
            Kind::P256 => Self::P256(of_curve!(p256, 32, 0xff)),
            Kind::P384 => Self::P384(of_curve!(p384, 48, 0xff)),
            Kind::P521 => Self::P521(of_curve!(p521, 66, 0x01)),
            Kind::Ed25519 => {
                let seed = tlv(4, &random::<32>());
                let algorithm = sequence(&[oid("1.3.101.112")]);
                let pkcs8 = sequence(&[tlv(2, &[0]), algorithm, tlv(4, &seed)]);
                let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).expect("it is a key");
                Self::Ed25519(pkcs8, key)
            }
        }
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("random numbers");
    bytes
}

struct Random;

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(random()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(random()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        SystemRandom::new().fill(bytes).expect("random numbers");
        Ok(())
    }
}

impl TryCryptoRng for Random {}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        pem.push('\n');
    }
    pem + "-----END " + label + "-----\n"
}
