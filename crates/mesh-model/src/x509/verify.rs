//! Building chains from a certificate to a root, and judging them.
//!
//! Source: `Verify`, `buildChains` and `isValid` in Go's `src/crypto/x509/verify.go`, `findPotentialParents` in `cert_pool.go`,
//! `verifyServerCertificate` in `src/crypto/tls/handshake_client.go`.

use jiff::Timestamp;

use super::flaw::Candidate;
use super::key::Key;
use super::signature::Refused;
use super::{Certificate, Flaw, Roots, constraints, hostname, policies};

/// The maximum number of signatures that one verification checks, so that nobody can make it endless.
const MOST_CHECKS: u32 = 100;

/// The longest RSA key that a server may have.
const LONGEST_RSA: usize = 8192;

/// The purpose that a certificate is verified for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// A server of this name or address; with `None`, any name.
    Server(Option<&'a str>),
    /// A client.
    Client,
}

/// Verifies the presented certificates, the one in question first, at a time.
///
/// # Errors
/// The reason why it is refused.
pub fn verify(
    shown: &[&[u8]],
    roots: &Roots,
    purpose: Purpose<'_>,
    now: Timestamp,
) -> Result<(), Flaw> {
    let all = read_shown(shown)?;
    let Some((leaf, intermediates)) = all.split_first() else {
        return Err(Flaw::unfit("none was shown"));
    };
    is_valid(leaf, Role::Leaf, &[], now)?;
    if let Purpose::Server(Some(host)) = purpose {
        hostname::check(leaf, host)?;
    }
    let chains = if roots.contains(&leaf.raw) {
        // A certificate that is itself trusted needs no issuer.
        vec![vec![leaf]]
    } else {
        let mut builder = Builder {
            roots,
            intermediates,
            now,
            checks: 0,
            chains: Vec::new(),
        };
        builder.extend(&[leaf])?;
        builder.chains
    };
    let mut first = None;
    for chain in chains {
        match judge(&chain, purpose) {
            Ok(()) => return leaf_key_is_usable(leaf),
            Err(flaw) => first = first.or(Some(flaw)),
        }
    }
    Err(first.unwrap_or(Flaw::UnknownAuthority { candidate: None }))
}

/// Parses the certificates that a server presents, which must be valid even if its authority is not verified.
///
/// # Errors
/// The reason why it is refused.
pub fn read_shown(shown: &[&[u8]]) -> Result<Vec<Certificate>, Flaw> {
    let mut all = Vec::new();
    for der in shown {
        let certificate = Certificate::read(der)?;
        if certificate
            .key
            .rsa_bits()
            .is_some_and(|bits| bits > LONGEST_RSA)
        {
            return Err(Flaw::unfit(format!(
                "it has an RSA key of more than {LONGEST_RSA} bits"
            )));
        }
        all.push(certificate);
    }
    Ok(all)
}

fn leaf_key_is_usable(leaf: &Certificate) -> Result<(), Flaw> {
    match leaf.key {
        Key::Rsa { .. } | Key::Ec(..) | Key::Ed25519(_) => Ok(()),
        Key::Other => Err(Flaw::unfit("its key is of a kind that TLS does not use")),
    }
}

fn judge(chain: &[&Certificate], purpose: Purpose<'_>) -> Result<(), Flaw> {
    if !policies::are_valid(chain) {
        return Err(Flaw::unfit("it lacks a policy that its authority demands"));
    }
    for (index, certificate) in chain.iter().enumerate() {
        let is_for_it = certificate.usages.is_none_or(|usages| {
            usages.any
                || match purpose {
                    Purpose::Server(_) => usages.server,
                    Purpose::Client => usages.client,
                }
        });
        if !is_for_it {
            let who = match purpose {
                Purpose::Server(_) => "servers",
                Purpose::Client => "clients",
            };
            return Err(Flaw::unfit(if index == 0 {
                format!("it is not for {who} (extended key usage)")
            } else {
                format!(
                    "authority {} is not for {who} (extended key usage)",
                    certificate.title
                )
            }));
        }
    }
    constraints::check(chain)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leaf,
    Intermediate,
    Root,
}

/// Checks a certificate by itself, as the next one above `below`.
fn is_valid(
    certificate: &Certificate,
    role: Role,
    below: &[&Certificate],
    now: Timestamp,
) -> Result<(), Flaw> {
    if certificate.has_unknown_critical {
        return Err(Flaw::unfit(
            "it has a critical extension of an unknown kind",
        ));
    }
    if now < certificate.not_before {
        return Err(Flaw::NotYetValid(certificate.not_before));
    }
    if now > certificate.not_after {
        return Err(Flaw::Expired(certificate.not_after));
    }
    let authority = certificate.authority;
    if role == Role::Intermediate && !authority.is_some_and(|authority| authority.is_one) {
        return Err(Flaw::unfit(NO_AUTHORITY));
    }
    let intermediates = below.len().saturating_sub(1);
    if let Some(longest) = authority.and_then(|authority| authority.longest_path)
        && u32::try_from(intermediates).unwrap_or(u32::MAX) > longest
    {
        return Err(Flaw::unfit(format!(
            "it allows no more than {longest} authorities below it"
        )));
    }
    Ok(())
}

const NO_AUTHORITY: &str = "it is not marked as an authority (basicConstraints CA:TRUE)";

struct Builder<'a> {
    roots: &'a Roots,
    intermediates: &'a [Certificate],
    now: Timestamp,
    checks: u32,
    chains: Vec<Vec<&'a Certificate>>,
}

impl<'a> Builder<'a> {
    /// Adds all chains that begin with `chain`.
    fn extend(&mut self, chain: &[&'a Certificate]) -> Result<(), Flaw> {
        let Some(last) = chain.last().copied() else {
            return Ok(());
        };
        let found = self.chains.len();
        let (roots, intermediates) = (self.roots, self.intermediates);
        let roots = by_key_id(last, roots.named(&last.issuer));
        let named = intermediates
            .iter()
            .filter(|one| one.subject == last.issuer);
        let intermediates = by_key_id(last, named);
        let mut hint = None;
        let roots = roots.into_iter().map(|one| (Role::Root, one));
        let all = roots.chain(
            intermediates
                .into_iter()
                .map(|one| (Role::Intermediate, one)),
        );
        for (role, parent) in all {
            self.checks += 1;
            if self.checks > MOST_CHECKS {
                hint = Some(Flaw::unfit("its chain takes too many signatures to check"));
                break;
            }
            if is_in_chain(parent, chain) {
                continue;
            }
            let checked =
                signed_by(last, parent).and_then(|()| is_valid(parent, role, chain, self.now));
            if let Err(flaw) = checked {
                hint = hint.or_else(|| Some(about(parent, flaw)));
                continue;
            }
            let mut longer = chain.to_vec();
            longer.push(parent);
            match role {
                Role::Root => self.chains.push(longer),
                Role::Intermediate | Role::Leaf => {
                    if let Err(flaw) = self.extend(&longer) {
                        hint = Some(flaw);
                    }
                }
            }
        }
        match (self.chains.len() > found, hint) {
            (true, _) => Ok(()),
            (false, Some(flaw @ (Flaw::UnknownAuthority { .. } | Flaw::Unfit(_)))) => Err(flaw),
            (false, _) => Err(Flaw::UnknownAuthority { candidate: None }),
        }
    }
}

/// Returns the flaw of an authority of the right name.
fn about(parent: &Certificate, flaw: Flaw) -> Flaw {
    Flaw::UnknownAuthority {
        candidate: Some(Candidate {
            title: parent.title.clone(),
            flaw: Box::new(flaw),
        }),
    }
}

/// Returns those with a matching key identifier first, then those without one, then the others.
fn by_key_id<'a>(
    child: &Certificate,
    parents: impl Iterator<Item = &'a Certificate>,
) -> Vec<&'a Certificate> {
    let mut all: Vec<&Certificate> = parents.collect();
    all.sort_by_key(|parent| {
        let (own, asked) = (&parent.subject_key_id, &child.authority_key_id);
        if own == asked {
            0
        } else {
            1 + u8::from(own.is_empty() == asked.is_empty())
        }
    });
    all
}

fn is_in_chain(candidate: &Certificate, chain: &[&Certificate]) -> bool {
    chain.iter().any(|one| {
        one.subject == candidate.subject && one.spki == candidate.spki && one.san == candidate.san
    })
}

/// Source: `CheckSignatureFrom` in Go's `src/crypto/x509/x509.go`.
fn signed_by(child: &Certificate, parent: &Certificate) -> Result<(), Flaw> {
    let is_authority = match parent.authority {
        Some(authority) => authority.is_one,
        None => parent.version < 3,
    };
    if !is_authority {
        return Err(Flaw::unfit(NO_AUTHORITY));
    }
    if parent.may_sign == Some(false) {
        return Err(Flaw::unfit(
            "its key usage does not allow it to sign certificates",
        ));
    }
    let Some(algorithm) = child.algorithm else {
        return Err(Flaw::unfit("what it signed is signed by an unknown method"));
    };
    algorithm
        .verify(&parent.key, &child.tbs, &child.signature)
        .map_err(|refused| match refused {
            Refused::Insecure(name) => Flaw::unfit(format!(
                "what it signed is signed with {name}, which is not secure"
            )),
            Refused::WeakKey(bits) => Flaw::unfit(format!(
                "its RSA key of {bits} bits is too short to be secure"
            )),
            Refused::Mismatch => Flaw::OtherKey,
            Refused::Unknown => Flaw::unfit("its key is of a kind that is not known here"),
        })
}
