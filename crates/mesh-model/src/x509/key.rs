//! Public keys of certificates, of the kinds that Go supports.

use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::Flaw;

/// The longest RSA key that is read: verifying a signature of a longer one takes seconds.
const LONGEST_RSA: usize = 16_384;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// Modulus and public exponent, big-endian without leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point on a curve.
    Ec(Curve, Vec<u8>),
    Ed25519(Vec<u8>),
    /// A kind that is not supported for signatures, such as DSA.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    fn of_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.3.132.0.33" => Self::P224,
            "1.2.840.10045.3.1.7" => Self::P256,
            "1.3.132.0.34" => Self::P384,
            "1.3.132.0.35" => Self::P521,
            _ => return None,
        })
    }

    /// Returns the number of bytes of a coordinate.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::P224 => 28,
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl Key {
    /// Source: `parsePublicKey` in Go's `src/crypto/x509/parser.go`.
    pub(super) fn of(info: &SubjectPublicKeyInfo<'_>) -> Result<Self, Flaw> {
        let malformed = Flaw::Malformed;
        let parameters = info.algorithm.parameters.as_ref();
        let bits = info.subject_public_key.data.as_ref();
        match info.algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.113549.1.1.1" => {
                // NULL is required, and nothing else.
                if parameters.is_none_or(|any| any.tag().0 != 5 || !any.data.is_empty()) {
                    return Err(malformed("its RSA key has unusual parameters"));
                }
                let Ok(PublicKey::RSA(key)) = info.parsed() else {
                    return Err(malformed("its RSA key is malformed"));
                };
                let positive = |bytes: &[u8]| {
                    let is_positive = bytes.first().is_some_and(|first| first & 0x80 == 0);
                    let stripped: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
                    (is_positive && !stripped.is_empty()).then_some(stripped)
                };
                match (positive(key.modulus), positive(key.exponent)) {
                    (Some(n), Some(_)) if bit_length(&n) > LONGEST_RSA => {
                        Err(malformed("its RSA key is longer than 16384 bits"))
                    }
                    (Some(n), Some(e)) => Ok(Self::Rsa { n, e }),
                    _ => Err(malformed("its RSA key is malformed")),
                }
            }
            "1.2.840.10045.2.1" => {
                let curve = parameters
                    .and_then(|any| any.as_oid().ok())
                    .and_then(|oid| Curve::of_oid(&oid.to_id_string()))
                    .ok_or(malformed(
                        "its elliptic curve is none that Kubernetes' clients know",
                    ))?;
                if bits.len() != 1 + 2 * curve.bytes() || bits[0] != 4 {
                    return Err(malformed("its elliptic curve key is malformed"));
                }
                Ok(Self::Ec(curve, bits.to_vec()))
            }
            "1.3.101.112" => {
                if parameters.is_some() || bits.len() != 32 {
                    return Err(malformed("its Ed25519 key is malformed"));
                }
                Ok(Self::Ed25519(bits.to_vec()))
            }
            _ => Ok(Self::Other),
        }
    }

    /// Returns the length of an RSA key.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        match self {
            Self::Rsa { n, .. } => Some(bit_length(n)),
            Self::Ec(..) | Self::Ed25519(_) | Self::Other => None,
        }
    }
}

fn bit_length(n: &[u8]) -> usize {
    let zeros = n.first().map_or(0, |first| first.leading_zeros() as usize);
    n.len() * 8 - zeros
}
