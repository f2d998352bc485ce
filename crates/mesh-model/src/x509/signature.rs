//! Verification of signatures: by ring if it supports the key, otherwise by the crates of `RustCrypto`.
//!
//! All inputs are public, so nothing has to run in constant time.
//!
//! Source: `checkSignature` in Go's `src/crypto/x509/x509.go`, `verifyHandshakeSignature` and `signatureSchemesForPublicKey` in
//! `src/crypto/tls/auth.go`.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use ring::signature as of_ring;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, PublicKey};
use rustls::SignatureScheme as Scheme;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_parser::signature_algorithm::SignatureAlgorithm as Parsed;
use x509_parser::x509::AlgorithmIdentifier;

use super::key::{Curve, Key};
use super::{Certificate, Flaw};

/// The shortest RSA key that is accepted.
pub(super) const SHORTEST_RSA: usize = 1024;

/// The longest RSA key that is accepted, because verification takes time.
const LONGEST_RSA: usize = 16_384;

/// The signature schemes of a handshake, for servers and for us, the preferred ones first.
pub const SCHEMES: [Scheme; 10] = [
    Scheme::RSA_PSS_SHA256,
    Scheme::ECDSA_NISTP256_SHA256,
    Scheme::ED25519,
    Scheme::RSA_PSS_SHA384,
    Scheme::RSA_PSS_SHA512,
    Scheme::RSA_PKCS1_SHA256,
    Scheme::RSA_PKCS1_SHA384,
    Scheme::RSA_PKCS1_SHA512,
    Scheme::ECDSA_NISTP384_SHA384,
    Scheme::ECDSA_NISTP521_SHA512,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The signature algorithm of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    RsaPkcs1(Hash),
    RsaPss(Hash),
    Ecdsa(Hash),
    Ed25519,
    /// A known algorithm that is refused.
    Insecure(&'static str),
}

/// The reason why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Insecure(&'static str),
    WeakKey(usize),
    Mismatch,
    Unknown,
}

impl Algorithm {
    pub(super) fn of(identifier: &AlgorithmIdentifier<'_>) -> Option<Self> {
        Some(match identifier.algorithm.to_id_string().as_str() {
            "1.2.840.113549.1.1.4" => Self::Insecure("MD5"),
            "1.2.840.113549.1.1.5"
            | "1.3.14.3.2.29"
            | "1.2.840.10045.4.1"
            | "1.2.840.10040.4.3" => Self::Insecure("SHA-1"),
            "1.2.840.113549.1.1.11" => Self::RsaPkcs1(Hash::Sha256),
            "1.2.840.113549.1.1.12" => Self::RsaPkcs1(Hash::Sha384),
            "1.2.840.113549.1.1.13" => Self::RsaPkcs1(Hash::Sha512),
            "1.2.840.113549.1.1.10" => Self::RsaPss(pss_hash(identifier)?),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Hash::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Hash::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Hash::Sha512),
            "1.3.101.112" if identifier.parameters.is_none() => Self::Ed25519,
            _ => return None,
        })
    }

    pub(super) fn verify(self, key: &Key, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let holds = match (self, key) {
            (Self::Insecure(name), _) => return Err(Refused::Insecure(name)),
            (_, Key::Other) => return Err(Refused::Unknown),
            (Self::RsaPkcs1(hash), Key::Rsa { n, e }) => {
                rsa(n, e, key, message, signature, hash, false)?
            }
            (Self::RsaPss(hash), Key::Rsa { n, e }) => {
                rsa(n, e, key, message, signature, hash, true)?
            }
            (Self::Ecdsa(hash), Key::Ec(curve, point)) => {
                ecdsa(*curve, point, message, signature, hash)
            }
            (Self::Ed25519, Key::Ed25519(point)) => {
                by_ring(&of_ring::ED25519, point, message, signature)
            }
            _ => false,
        };
        if holds {
            Ok(())
        } else {
            Err(Refused::Mismatch)
        }
    }
}

/// Returns the hash of RSA-PSS parameters; hash, mask and salt must match.
fn pss_hash(identifier: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let Ok(Parsed::RSASSA_PSS(parameters)) = Parsed::try_from(identifier) else {
        return None;
    };
    let oid = parameters.hash_algorithm_oid().to_id_string();
    let mask = parameters.mask_gen_algorithm().ok()?;
    let mask_fits = mask.mgf.to_id_string() == "1.2.840.113549.1.1.8"
        && mask.hash.to_id_string() == oid
        && parameters.trailer_field() == 1;
    match (oid.as_str(), parameters.salt_length()) {
        ("2.16.840.1.101.3.4.2.1", 32) if mask_fits => Some(Hash::Sha256),
        ("2.16.840.1.101.3.4.2.2", 48) if mask_fits => Some(Hash::Sha384),
        ("2.16.840.1.101.3.4.2.3", 64) if mask_fits => Some(Hash::Sha512),
        _ => None,
    }
}

impl Hash {
    pub(super) fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

fn by_ring(
    method: &'static dyn of_ring::VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    of_ring::UnparsedPublicKey::new(method, key)
        .verify(message, signature)
        .is_ok()
}

fn rsa(
    n: &[u8],
    e: &[u8],
    key: &Key,
    message: &[u8],
    signature: &[u8],
    hash: Hash,
    is_pss: bool,
) -> Result<bool, Refused> {
    let bits = key.rsa_bits().unwrap_or_default();
    if bits < SHORTEST_RSA {
        return Err(Refused::WeakKey(bits));
    }
    if (2048..=8192).contains(&bits) {
        let method = match (hash, is_pss) {
            (Hash::Sha256, false) => &of_ring::RSA_PKCS1_2048_8192_SHA256,
            (Hash::Sha384, false) => &of_ring::RSA_PKCS1_2048_8192_SHA384,
            (Hash::Sha512, false) => &of_ring::RSA_PKCS1_2048_8192_SHA512,
            (Hash::Sha256, true) => &of_ring::RSA_PSS_2048_8192_SHA256,
            (Hash::Sha384, true) => &of_ring::RSA_PSS_2048_8192_SHA384,
            (Hash::Sha512, true) => &of_ring::RSA_PSS_2048_8192_SHA512,
        };
        let key = of_ring::RsaPublicKeyComponents { n, e };
        return Ok(key.verify(method, message, signature).is_ok());
    }
    let number = |bytes| BoxedUint::from_be_slice_vartime(bytes);
    let key = PublicKey::new_with_size_limits(number(n), number(e), SHORTEST_RSA..=LONGEST_RSA)
        .map_err(|_| Refused::Unknown)?;
    let hashed = hash.of(message);
    let verified = match (hash, is_pss) {
        (Hash::Sha256, false) => key.verify(Pkcs1v15Sign::new::<Sha256>(), &hashed, signature),
        (Hash::Sha384, false) => key.verify(Pkcs1v15Sign::new::<Sha384>(), &hashed, signature),
        (Hash::Sha512, false) => key.verify(Pkcs1v15Sign::new::<Sha512>(), &hashed, signature),
        (Hash::Sha256, true) => key.verify(Pss::<Sha256>::new(), &hashed, signature),
        (Hash::Sha384, true) => key.verify(Pss::<Sha384>::new(), &hashed, signature),
        (Hash::Sha512, true) => key.verify(Pss::<Sha512>::new(), &hashed, signature),
    };
    Ok(verified.is_ok())
}

/// Verifies a signature of a digest with a curve of `RustCrypto`.
macro_rules! by_rustcrypto {
    ($curve:ident, $point:expr, $digest:expr, $signature:expr) => {{
        let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes($point);
        let signature = $curve::ecdsa::DerSignature::try_from($signature);
        match (key, signature) {
            (Ok(key), Ok(signature)) => key.verify_prehash($digest, &signature).is_ok(),
            _ => false,
        }
    }};
}

fn ecdsa(curve: Curve, point: &[u8], message: &[u8], signature: &[u8], hash: Hash) -> bool {
    let method = match (curve, hash) {
        (Curve::P256, Hash::Sha256) => Some(&of_ring::ECDSA_P256_SHA256_ASN1),
        (Curve::P256, Hash::Sha384) => Some(&of_ring::ECDSA_P256_SHA384_ASN1),
        (Curve::P384, Hash::Sha256) => Some(&of_ring::ECDSA_P384_SHA256_ASN1),
        (Curve::P384, Hash::Sha384) => Some(&of_ring::ECDSA_P384_SHA384_ASN1),
        _ => None,
    };
    if let Some(method) = method {
        return by_ring(method, point, message, signature);
    }
    let digest = padded(hash.of(message), curve.bytes());
    match curve {
        Curve::P224 => by_rustcrypto!(p224, point, &digest, signature),
        Curve::P256 => by_rustcrypto!(p256, point, &digest, signature),
        Curve::P384 => by_rustcrypto!(p384, point, &digest, signature),
        Curve::P521 => by_rustcrypto!(p521, point, &digest, signature),
    }
}

/// Returns a digest as the number that it stands for, at least as long as the curve's: `RustCrypto` refuses shorter
/// ones.
pub(super) fn padded(mut digest: Vec<u8>, bytes: usize) -> Vec<u8> {
    if digest.len() < bytes {
        let missing = bytes - digest.len();
        digest.splice(0..0, std::iter::repeat_n(0, missing));
    }
    digest
}

/// Checks a signature of TLS 1.2, in which the curve is not part of the scheme.
///
/// # Errors
/// The reason why it is refused.
pub fn verify_tls12(
    message: &[u8],
    certificate: &[u8],
    scheme: Scheme,
    signature: &[u8],
) -> Result<(), Flaw> {
    let certificate = Certificate::read(certificate)?;
    of_handshake(scheme, &certificate.key, message, signature)
}

/// Checks a signature of TLS 1.3, in which the curve is part of the scheme and PKCS 1 does not exist.
///
/// # Errors
/// The reason why it is refused.
pub fn verify_tls13(
    message: &[u8],
    certificate: &[u8],
    scheme: Scheme,
    signature: &[u8],
) -> Result<(), Flaw> {
    let certificate = Certificate::read(certificate)?;
    let fits = match (&certificate.key, scheme) {
        (Key::Ec(curve, _), scheme) => scheme_of(*curve) == Some(scheme),
        (_, Scheme::RSA_PKCS1_SHA256 | Scheme::RSA_PKCS1_SHA384 | Scheme::RSA_PKCS1_SHA512) => {
            false
        }
        _ => true,
    };
    if !fits {
        return Err(Flaw::unfit(
            "its key does not go with the way in which the server signs",
        ));
    }
    of_handshake(scheme, &certificate.key, message, signature)
}

/// Returns the only scheme of a curve in TLS 1.3.
pub(super) fn scheme_of(curve: Curve) -> Option<Scheme> {
    match curve {
        Curve::P224 => None,
        Curve::P256 => Some(Scheme::ECDSA_NISTP256_SHA256),
        Curve::P384 => Some(Scheme::ECDSA_NISTP384_SHA384),
        Curve::P521 => Some(Scheme::ECDSA_NISTP521_SHA512),
    }
}

pub(super) fn algorithm_of(scheme: Scheme) -> Option<Algorithm> {
    Some(match scheme {
        Scheme::RSA_PKCS1_SHA256 => Algorithm::RsaPkcs1(Hash::Sha256),
        Scheme::RSA_PKCS1_SHA384 => Algorithm::RsaPkcs1(Hash::Sha384),
        Scheme::RSA_PKCS1_SHA512 => Algorithm::RsaPkcs1(Hash::Sha512),
        Scheme::RSA_PSS_SHA256 => Algorithm::RsaPss(Hash::Sha256),
        Scheme::RSA_PSS_SHA384 => Algorithm::RsaPss(Hash::Sha384),
        Scheme::RSA_PSS_SHA512 => Algorithm::RsaPss(Hash::Sha512),
        Scheme::ECDSA_NISTP256_SHA256 => Algorithm::Ecdsa(Hash::Sha256),
        Scheme::ECDSA_NISTP384_SHA384 => Algorithm::Ecdsa(Hash::Sha384),
        Scheme::ECDSA_NISTP521_SHA512 => Algorithm::Ecdsa(Hash::Sha512),
        Scheme::ED25519 => Algorithm::Ed25519,
        _ => return None,
    })
}

fn of_handshake(scheme: Scheme, key: &Key, message: &[u8], signature: &[u8]) -> Result<(), Flaw> {
    let algorithm =
        algorithm_of(scheme).ok_or_else(|| Flaw::unfit("the server signs by an unknown method"))?;
    algorithm
        .verify(key, message, signature)
        .map_err(|refused| match refused {
            Refused::WeakKey(bits) => Flaw::unfit(format!(
                "its RSA key of {bits} bits is too short to be secure"
            )),
            Refused::Insecure(_) | Refused::Mismatch | Refused::Unknown => {
                Flaw::unfit("the server does not hold its key")
            }
        })
}
