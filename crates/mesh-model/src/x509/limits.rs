//! Limits for texts with certificates and keys: the one place that has them.
//!
//! Anyone who may write a Secret or a ConfigMap can put anything into it, and reading it takes time. The limits are far
//! above real values; cert-manager has had narrower ones since <https://nvd.nist.gov/vuln/detail/CVE-2024-12401>.

use crate::go::{self, Block};

/// The longest text that certificates are read from, which is the maximum size of a Secret or a ConfigMap.
const LONGEST_BUNDLE: usize = 1024 * 1024;
/// The maximum number of certificates in it; a system trusts about a hundred and fifty.
pub(super) const MOST_IN_BUNDLE: usize = 1_000;
/// The maximum number of certificates of a client, including the authorities above it.
pub(super) const MOST_IN_CHAIN: usize = 32;
/// The longest certificate that is read, in DER form.
const LONGEST_CERTIFICATE: usize = 64 * 1024;
/// The longest text that a key is read from; an RSA key of 16,384 bits takes 13,000 bytes.
const LONGEST_KEY: usize = 16 * 1024;

/// The limit that a text exceeds. The text continues a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// The text is too long.
    #[error("is longer than {} KiB, and is not read", .0 / 1024)]
    Text(usize),
    /// There are too many certificates in it.
    #[error("has more than {0} certificates, and is not read")]
    Certificates(usize),
    /// One of the certificates is too long.
    #[error("has a certificate of more than {} KiB, and is not read", .0 / 1024)]
    Certificate(usize),
}

/// Returns the certificates of a text, at most `most`.
///
/// # Errors
/// The limit that the text exceeds.
pub(super) fn certificates(pem: &[u8], most: usize) -> Result<Vec<Block>, TooMuch> {
    if pem.len() > LONGEST_BUNDLE {
        return Err(TooMuch::Text(LONGEST_BUNDLE));
    }
    let mut all = Vec::new();
    for block in go::blocks(pem).filter(|block| block.label == b"CERTIFICATE") {
        if block.contents.len() > LONGEST_CERTIFICATE {
            return Err(TooMuch::Certificate(LONGEST_CERTIFICATE));
        }
        if all.len() == most {
            return Err(TooMuch::Certificates(most));
        }
        all.push(block);
    }
    Ok(all)
}

/// Returns the limit that a bundle of authorities exceeds, if any.
pub fn too_much(pem: &[u8]) -> Option<TooMuch> {
    certificates(pem, MOST_IN_BUNDLE).err()
}

/// Checks that the text of a key is not too long.
///
/// # Errors
/// The limit, if the text exceeds it.
pub(super) fn key(pem: &[u8]) -> Result<(), TooMuch> {
    if pem.len() > LONGEST_KEY {
        return Err(TooMuch::Text(LONGEST_KEY));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::x509::{ClientPair, PairFlaw, authorities, no_authority};

    fn pem(label: &str, bytes: usize) -> String {
        let text = BASE64_STANDARD.encode(vec![7; bytes]);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    #[test]
    fn what_is_in_use_is_read() {
        let bundle = pem("CERTIFICATE", 700).repeat(MOST_IN_BUNDLE);
        assert!(bundle.len() < LONGEST_BUNDLE);
        let read = |text: &str, most| certificates(text.as_bytes(), most).map(|all| all.len());
        assert_eq!(read(&bundle, MOST_IN_BUNDLE), Ok(1_000));
        let one = pem("CERTIFICATE", LONGEST_CERTIFICATE);
        assert_eq!(read(&one.repeat(8), MOST_IN_CHAIN), Ok(8));
        // As long as an RSA key of 16,384 bits.
        assert_eq!(key(pem("PRIVATE KEY", 9_300).as_bytes()), Ok(()));
    }

    #[test]
    fn each_bound_has_its_words() {
        let small = pem("CERTIFICATE", 9);
        for (text, words) in [
            (
                small.repeat(MOST_IN_BUNDLE + 1),
                "has more than 1000 certificates, and is not read",
            ),
            (
                pem("CERTIFICATE", LONGEST_CERTIFICATE + 1),
                "has a certificate of more than 64 KiB, and is not read",
            ),
            (
                "x".repeat(LONGEST_BUNDLE + 1),
                "is longer than 1024 KiB, and is not read",
            ),
        ] {
            assert!(authorities(text.as_bytes()).is_empty());
            assert_eq!(no_authority(text.as_bytes()), words);
            assert!(too_much(text.as_bytes()).is_some());
        }
        let chain = small.repeat(MOST_IN_CHAIN + 1);
        let flaw = ClientPair::read(chain.as_bytes(), b"").err();
        assert_eq!(flaw, Some(PairFlaw::TooMuch(TooMuch::Certificates(32))));
        let long = pem("PRIVATE KEY", LONGEST_KEY);
        let flaw = ClientPair::read(small.as_bytes(), long.as_bytes()).err();
        assert_eq!(flaw, Some(PairFlaw::LongKey(TooMuch::Text(LONGEST_KEY))));
    }
}
