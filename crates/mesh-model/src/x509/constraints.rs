//! Name constraints: the names that an authority may sign for.
//!
//! Source: `checkChainConstraints` in Go's `src/crypto/x509/constraints.go`, `parseNameConstraintsExtension` in `parser.go`.

use std::net::IpAddr;

use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints as Parsed};

use super::parse::{Names, host_of};
use super::{Certificate, Flaw, text};

/// The maximum number of comparisons for one chain.
const MOST: usize = 250_000;

#[derive(Debug, Clone, Default)]
pub(super) struct NameConstraints {
    permitted: Subtrees,
    excluded: Subtrees,
}

#[derive(Debug, Clone, Default)]
struct Subtrees {
    dns: Vec<String>,
    emails: Vec<String>,
    uris: Vec<String>,
    /// Network and mask, each of 4 or 16 bytes.
    networks: Vec<(Vec<u8>, Vec<u8>)>,
}

impl NameConstraints {
    /// Reads the extension; also returns whether all of it was understood.
    pub(super) fn of(parsed: &Parsed<'_>) -> Result<(Self, bool), Flaw> {
        let permitted = parsed.permitted_subtrees.as_deref().unwrap_or_default();
        let excluded = parsed.excluded_subtrees.as_deref().unwrap_or_default();
        if permitted.is_empty() && excluded.is_empty() {
            return Err(Flaw::Malformed("its name constraints are empty"));
        }
        let (permitted, all_permitted) = Subtrees::of(permitted)?;
        let (excluded, all_excluded) = Subtrees::of(excluded)?;
        Ok((
            Self {
                permitted,
                excluded,
            },
            all_permitted && all_excluded,
        ))
    }
}

impl Subtrees {
    fn of(subtrees: &[GeneralSubtree<'_>]) -> Result<(Self, bool), Flaw> {
        let bad = Flaw::Malformed("one of its name constraints is malformed");
        let mut all = Self::default();
        let mut is_whole = true;
        for subtree in subtrees {
            match &subtree.base {
                GeneralName::DNSName(domain) if is_valid_domain(domain, true) => {
                    all.dns.push((*domain).to_owned());
                }
                GeneralName::RFC822Name(mailbox)
                    if is_mailbox(mailbox) || is_valid_domain(mailbox, true) =>
                {
                    all.emails.push((*mailbox).to_owned());
                }
                GeneralName::URI(domain)
                    if is_valid_domain(domain, true) && domain.parse::<IpAddr>().is_err() =>
                {
                    all.uris.push((*domain).to_owned());
                }
                GeneralName::IPAddress(bytes) if matches!(bytes.len(), 8 | 32) => {
                    let (network, mask) = bytes.split_at(bytes.len() / 2);
                    if !is_mask(mask) {
                        return Err(bad);
                    }
                    all.networks.push((network.to_vec(), mask.to_vec()));
                }
                GeneralName::DNSName(_)
                | GeneralName::RFC822Name(_)
                | GeneralName::URI(_)
                | GeneralName::IPAddress(_) => return Err(bad),
                GeneralName::Invalid(tag, _) if matches!(tag.0, 1 | 2 | 6 | 7) => return Err(bad),
                _ => is_whole = false,
            }
        }
        Ok((all, is_whole))
    }

    fn len(&self) -> usize {
        self.dns.len() + self.emails.len() + self.uris.len() + self.networks.len()
    }
}

/// Checks every certificate of a chain, the leaf first, against the constraints of those above it.
pub(super) fn check(chain: &[&Certificate]) -> Result<(), Flaw> {
    let mut budget = MOST;
    for (index, certificate) in chain.iter().enumerate() {
        if certificate.san.is_none() {
            continue;
        }
        for above in &chain[index + 1..] {
            let Some(constraints) = &above.constraints else {
                continue;
            };
            let names = &certificate.names;
            let cost =
                names.dns.len() + names.emails.len() + names.uris.len() + names.addresses.len();
            let cost = cost * (constraints.permitted.len() + constraints.excluded.len());
            budget = budget.checked_sub(cost).ok_or_else(|| {
                Flaw::unfit("its names and constraints are too many to be compared")
            })?;
            constraints.check(names).map_err(|name| {
                Flaw::unfit(format!(
                    "authority {} may not sign for {}",
                    above.title,
                    text::shown(&name)
                ))
            })?;
        }
    }
    Ok(())
}

impl NameConstraints {
    /// Checks names, and fails with the first one that may not be signed for.
    fn check(&self, names: &Names) -> Result<(), String> {
        let allows = |list: fn(&Subtrees) -> &Vec<String>, holds: &dyn Fn(&str, bool) -> bool| {
            let permitted = list(&self.permitted);
            (permitted.is_empty() || permitted.iter().any(|tree| holds(tree, true)))
                && !list(&self.excluded).iter().any(|tree| holds(tree, false))
        };
        for address in &names.addresses {
            let permitted = &self.permitted.networks;
            let holds = |tree: &(Vec<u8>, Vec<u8>)| is_in(*address, tree);
            if !(permitted.is_empty() || permitted.iter().any(holds))
                || self.excluded.networks.iter().any(holds)
            {
                return Err(address.to_string());
            }
        }
        for name in &names.dns {
            let holds = |tree: &str, permits: bool| {
                is_under(name, tree) || (!permits && wildcard_meets(name, tree))
            };
            if !is_valid_domain(name, false) || !allows(|trees| &trees.dns, &holds) {
                return Err(name.clone());
            }
        }
        for uri in &names.uris {
            let host = host_of(uri)
                .and_then(host_name)
                .ok_or_else(|| uri.clone())?;
            if !allows(|trees| &trees.uris, &|tree, _| is_under(host, tree)) {
                return Err(uri.clone());
            }
        }
        for email in &names.emails {
            let (local, domain) = email.rsplit_once('@').ok_or_else(|| email.clone())?;
            let holds = |tree: &str, _| match tree.rsplit_once('@') {
                Some((only, of)) => only == local && of.eq_ignore_ascii_case(domain),
                None => is_under(domain, tree),
            };
            if !is_valid_domain(domain, false) || !allows(|trees| &trees.emails, &holds) {
                return Err(email.clone());
            }
        }
        Ok(())
    }
}

/// Returns a URI's host without its port; `None` for an address, to which constraints cannot be applied.
fn host_name(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    (!host.starts_with('[') && name.parse::<IpAddr>().is_err()).then_some(name)
}

/// Returns whether a name is in a subtree: the domain itself or below it; only below it if that begins with a period.
fn is_under(name: &str, tree: &str) -> bool {
    let Some(start) = name.len().checked_sub(tree.len()) else {
        return false;
    };
    let is_suffix = name
        .as_bytes()
        .get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(tree.as_bytes()));
    is_suffix
        && (tree.is_empty()
            || start == 0
            || tree.starts_with('.')
            || name.as_bytes()[start - 1] == b'.')
}

/// Returns whether `*.example.com` could match an excluded name, such as `a.example.com`.
fn wildcard_meets(name: &str, tree: &str) -> bool {
    let after_first = |text: &str| text.find('.').map(|dot| text[dot..].to_ascii_lowercase());
    name.starts_with('*') && after_first(tree).is_some_and(|end| Some(end) == after_first(name))
}

fn is_in(address: IpAddr, (network, mask): &(Vec<u8>, Vec<u8>)) -> bool {
    let bytes = match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(sixteen) => sixteen.octets().to_vec(),
    };
    bytes.len() == network.len()
        && bytes
            .iter()
            .zip(network)
            .zip(mask)
            .all(|((own, net), mask)| own & mask == net & mask)
}

fn is_mask(mask: &[u8]) -> bool {
    let ones = mask.iter().take_while(|byte| **byte == 0xff).count();
    match &mask[ones..] {
        [] => true,
        [edge, rest @ ..] => {
            edge.leading_ones() + edge.trailing_zeros() >= 8 && rest.iter().all(|byte| *byte == 0)
        }
    }
}

fn is_mailbox(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && is_valid_domain(domain, false)
    })
}

/// Returns whether the name has only visible characters in non-empty labels. Source: `domainNameValid` in Go's
/// `src/crypto/x509/verify.go`.
pub(super) fn is_valid_domain(name: &str, is_constraint: bool) -> bool {
    if name.is_empty() {
        return true;
    }
    let name = match name.strip_prefix('.') {
        Some(rest) if is_constraint => rest,
        Some(_) | None => name,
    };
    name.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|b| (33..=126).contains(&b)))
}
