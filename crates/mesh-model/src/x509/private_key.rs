//! Private keys as signers in a handshake: by rustls with ring if it supports the key, otherwise by the crates of
//! `RustCrypto`.
//!
//! Source: `X509KeyPair` and `parsePrivateKey` in Go's `src/crypto/tls/tls.go`.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::{DecodePrivateKey as _, PrivateKeyInfoRef};
use ring::rand::{SecureRandom as _, SystemRandom};
use rsa::pkcs1::{ALGORITHM_OID as RSA, RsaPrivateKeyRef, UintRef};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey, Pss};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use sha2::{Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::{Any, FromDer as _};

use super::Certificate;
use super::key::{Curve, Key};
use super::signature::{Algorithm, Hash, SHORTEST_RSA, algorithm_of, padded, scheme_of};

/// The reason why a private key cannot be used with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFlaw {
    /// It is not a private key, or it is encrypted.
    #[error("is not an unencrypted private key")]
    NotAKey,
    /// It is the key of another certificate.
    #[error("does not belong to its client certificate")]
    Foreign,
    /// TLS 1.3 has no signature for it.
    #[error("is of a kind that TLS 1.3 does not know (P-224)")]
    Unknown,
    /// It is too short.
    #[error("is an RSA key of less than 1024 bits, which is not secure")]
    Weak,
}

/// Returns the key in `der`, in any of its three forms, as the signer of a certificate.
///
/// # Errors
/// The reason why it cannot be used.
pub fn signing_key(der: &[u8], certificate: &Certificate) -> Result<Arc<dyn SigningKey>, KeyFlaw> {
    // Only PKCS#1 must end with the text.
    let (rest, _) = Any::from_der(der).map_err(|_| KeyFlaw::NotAKey)?;
    let (der, is_whole) = (&der[..der.len() - rest.len()], rest.is_empty());
    let mut forms: Vec<PrivateKeyDer<'_>> = vec![
        PrivatePkcs8KeyDer::from(der).into(),
        PrivateSec1KeyDer::from(der).into(),
    ];
    if is_whole {
        forms.insert(0, PrivatePkcs1KeyDer::from(der).into());
    }
    let by_ring = forms.iter().find_map(|form| any_supported_type(form).ok());
    if let Some(key) = by_ring {
        let own = key.public_key();
        return if own.is_some_and(|own| own.as_ref() == certificate.spki) {
            Ok(key)
        } else {
            Err(KeyFlaw::Foreign)
        };
    }
    if certificate
        .key
        .rsa_bits()
        .is_some_and(|bits| bits < SHORTEST_RSA)
    {
        return Err(KeyFlaw::Weak);
    }
    let key = Rare::read(der, is_whole).ok_or(KeyFlaw::NotAKey)?;
    if !key.fits(&certificate.key) {
        return Err(KeyFlaw::Foreign);
    }
    match &key {
        Rare::P224(_) => Err(KeyFlaw::Unknown),
        _ => Ok(Arc::new(RareKey(Arc::new(key)))),
    }
}

/// A private key that ring does not support.
enum Rare {
    Rsa(Box<PrivateKey>),
    P224(p224::ecdsa::SigningKey),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

/// Reads the key of a curve in either of its two forms.
macro_rules! of_curve {
    ($curve:ident, $der:expr) => {
        $curve::SecretKey::from_pkcs8_der($der)
            .ok()
            .or_else(|| $curve::SecretKey::from_sec1_der($der).ok())
            .map($curve::ecdsa::SigningKey::from)
    };
}

/// Reads an RSA key, of two primes or more.
fn rsa(der: &[u8]) -> Option<PrivateKey> {
    let key = RsaPrivateKeyRef::try_from(der).ok()?;
    let bits = u32::try_from(key.modulus.as_bytes().len()).ok()? * 8;
    let number = |number: UintRef<'_>| BoxedUint::from_be_slice(number.as_bytes(), bits).ok();
    let others = key.other_prime_infos.iter().flatten();
    let primes: Option<Vec<BoxedUint>> = [key.prime1, key.prime2]
        .into_iter()
        .chain(others.map(|other| other.prime))
        .map(number)
        .collect();
    PrivateKey::from_components(
        number(key.modulus)?,
        number(key.public_exponent)?,
        number(key.private_exponent)?,
        primes?,
    )
    .ok()
}

impl Rare {
    fn read(der: &[u8], is_whole: bool) -> Option<Self> {
        let rsa = match PrivateKeyInfoRef::try_from(der) {
            Ok(info) if info.algorithm.oid == RSA => rsa(info.private_key.as_bytes()),
            Ok(_) => None,
            Err(_) => is_whole.then(|| rsa(der)).flatten(),
        };
        rsa.map(|key| Self::Rsa(Box::new(key)))
            .or_else(|| of_curve!(p521, der).map(Self::P521))
            .or_else(|| of_curve!(p384, der).map(Self::P384))
            .or_else(|| of_curve!(p256, der).map(Self::P256))
            .or_else(|| of_curve!(p224, der).map(Self::P224))
    }

    fn fits(&self, key: &Key) -> bool {
        let is = |curve, point: &[u8]| *key == Key::Ec(curve, point.to_vec());
        match self {
            Self::Rsa(own) => match key {
                Key::Rsa { n, e } => {
                    own.n_bytes().as_ref() == n.as_slice() && own.e_bytes().as_ref() == e.as_slice()
                }
                _ => false,
            },
            Self::P224(own) => is(
                Curve::P224,
                own.verifying_key().to_sec1_point(false).as_bytes(),
            ),
            Self::P256(own) => is(
                Curve::P256,
                own.verifying_key().to_sec1_point(false).as_bytes(),
            ),
            Self::P384(own) => is(
                Curve::P384,
                own.verifying_key().to_sec1_point(false).as_bytes(),
            ),
            Self::P521(own) => is(
                Curve::P521,
                own.verifying_key().to_sec1_point(false).as_bytes(),
            ),
        }
    }

    /// Returns its signature schemes, the preferred ones first.
    fn schemes(&self) -> Vec<SignatureScheme> {
        let curve = match self {
            Self::Rsa(key) => {
                // The key must be long enough for padding, salt and digest.
                let mut all = vec![
                    SignatureScheme::RSA_PSS_SHA256,
                    SignatureScheme::RSA_PSS_SHA384,
                ];
                if key.n().bit_width_vartime() > 8 * 129 {
                    all.push(SignatureScheme::RSA_PSS_SHA512);
                }
                all.extend([
                    SignatureScheme::RSA_PKCS1_SHA256,
                    SignatureScheme::RSA_PKCS1_SHA384,
                    SignatureScheme::RSA_PKCS1_SHA512,
                ]);
                return all;
            }
            Self::P224(_) => Curve::P224,
            Self::P256(_) => Curve::P256,
            Self::P384(_) => Curve::P384,
            Self::P521(_) => Curve::P521,
        };
        scheme_of(curve).into_iter().collect()
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Option<Vec<u8>> {
        /// Signs a digest with a key of a curve.
        macro_rules! signed {
            ($curve:ident, $key:expr, $digest:expr) => {{
                let signature: $curve::ecdsa::DerSignature = $key.sign_prehash($digest).ok()?;
                Some(signature.as_bytes().to_vec())
            }};
        }
        let algorithm = algorithm_of(scheme)?;
        let (Algorithm::RsaPkcs1(hash) | Algorithm::RsaPss(hash) | Algorithm::Ecdsa(hash)) =
            algorithm
        else {
            return None;
        };
        let digest = hash.of(message);
        match (self, algorithm) {
            (Self::Rsa(key), Algorithm::RsaPkcs1(_)) => {
                let padding = match hash {
                    Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                key.sign_with_rng(&mut Random, padding, &digest).ok()
            }
            (Self::Rsa(key), Algorithm::RsaPss(_)) => match hash {
                Hash::Sha256 => key.sign_with_rng(&mut Random, Pss::<Sha256>::new(), &digest),
                Hash::Sha384 => key.sign_with_rng(&mut Random, Pss::<Sha384>::new(), &digest),
                Hash::Sha512 => key.sign_with_rng(&mut Random, Pss::<Sha512>::new(), &digest),
            }
            .ok(),
            (Self::P224(key), _) => signed!(p224, key, &padded(digest, Curve::P224.bytes())),
            (Self::P256(key), _) => signed!(p256, key, &padded(digest, Curve::P256.bytes())),
            (Self::P384(key), _) => signed!(p384, key, &padded(digest, Curve::P384.bytes())),
            (Self::P521(key), _) => signed!(p521, key, &padded(digest, Curve::P521.bytes())),
            (Self::Rsa(_), _) => None,
        }
    }
}

/// The system's random numbers, for the salt and the blinding of RSA.
struct Random;

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        SystemRandom::new()
            .fill(bytes)
            .expect("the system has random numbers, which the handshake took already");
        Ok(())
    }
}

impl TryCryptoRng for Random {}

struct RareKey(Arc<Rare>);

impl fmt::Debug for RareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RareKey")
    }
}

impl SigningKey for RareKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let mut own = self.0.schemes().into_iter();
        let scheme = own.find(|scheme| offered.contains(scheme))?;
        Some(Box::new(RareSigner {
            key: Arc::clone(&self.0),
            scheme,
        }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match *self.0 {
            Rare::Rsa(_) => SignatureAlgorithm::RSA,
            Rare::P224(_) | Rare::P256(_) | Rare::P384(_) | Rare::P521(_) => {
                SignatureAlgorithm::ECDSA
            }
        }
    }
}

struct RareSigner {
    key: Arc<Rare>,
    scheme: SignatureScheme,
}

impl fmt::Debug for RareSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RareSigner({:?})", self.scheme)
    }
}

impl Signer for RareSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        self.key
            .sign(self.scheme, message)
            .ok_or_else(|| rustls::Error::General("signing failed".to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
