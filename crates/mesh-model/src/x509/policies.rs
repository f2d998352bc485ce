//! Certificate policies (RFC 5280, 6.1, with RFC 9618), for the only question that matters here: if an authority
//! requires a policy, is there one? No specific policy is required.
//!
//! Source: `policiesValid` in Go's `src/crypto/x509/verify.go`. Mappings from one policy to another are not supported:
//! a chain that has both a requirement and mappings is refused.

use std::collections::BTreeSet;

use x509_parser::extensions::ParsedExtension;

use super::{Certificate, Flaw};

const ANY: &str = "2.5.29.32.0";

#[derive(Debug, Clone, Default)]
pub(super) struct Policies {
    own: BTreeSet<String>,
    has_mappings: bool,
    /// The number of certificates further down after which a policy is required.
    required_after: Option<u32>,
    /// The number of certificates further down after which "any" no longer counts.
    no_any_after: Option<u32>,
}

impl Policies {
    pub(super) fn take(&mut self, extension: &ParsedExtension<'_>) -> Result<(), Flaw> {
        match extension {
            ParsedExtension::CertificatePolicies(all) => {
                for policy in all {
                    if !self.own.insert(policy.policy_id.to_id_string()) {
                        return Err(Flaw::Malformed("it has a policy twice"));
                    }
                }
            }
            ParsedExtension::PolicyMappings(all) => self.has_mappings = !all.mappings.is_empty(),
            ParsedExtension::PolicyConstraints(constraints) => {
                self.required_after = constraints.require_explicit_policy;
            }
            ParsedExtension::InhibitAnyPolicy(inhibit) => {
                self.no_any_after = Some(inhibit.skip_certs);
            }
            _ => (),
        }
        Ok(())
    }
}

/// Returns whether the policies of a chain, the leaf first and the root last, are valid.
pub(super) fn are_valid(chain: &[&Certificate]) -> bool {
    let Some((_, below_root)) = chain.split_last() else {
        return true;
    };
    if below_root
        .iter()
        .all(|c| c.policies.required_after.is_none())
    {
        return true;
    }
    if below_root.iter().any(|c| c.policies.has_mappings) {
        return false;
    }
    let never = u32::try_from(below_root.len() + 1).unwrap_or(u32::MAX);
    let (mut required_after, mut no_any_after) = (never, never);
    let mut valid = Some(BTreeSet::from([ANY.to_owned()]));
    for (above_leaf, certificate) in below_root.iter().enumerate().rev() {
        let policies = &certificate.policies;
        let is_self_issued = certificate.issuer == certificate.subject;
        if policies.own.is_empty() {
            valid = None;
        }
        if required_after == 0 && valid.is_none() {
            return false;
        }
        valid = valid.map(|parents| {
            let may_be_any = no_any_after > 0 || (above_leaf > 0 && is_self_issued);
            narrowed(&parents, &policies.own, may_be_any)
        });
        if above_leaf > 0 {
            if !is_self_issued {
                required_after = required_after.saturating_sub(1);
                no_any_after = no_any_after.saturating_sub(1);
            }
            required_after = required_after.min(policies.required_after.unwrap_or(never));
            no_any_after = no_any_after.min(policies.no_any_after.unwrap_or(never));
        }
    }
    required_after = required_after.saturating_sub(1);
    if below_root
        .first()
        .is_some_and(|leaf| leaf.policies.required_after == Some(0))
    {
        required_after = 0;
    }
    required_after > 0 || valid.is_some_and(|policies| !policies.is_empty())
}

/// Returns those of a certificate's policies that its issuers allow.
fn narrowed(
    parents: &BTreeSet<String>,
    own: &BTreeSet<String>,
    may_be_any: bool,
) -> BTreeSet<String> {
    let mut left: BTreeSet<String> = own
        .iter()
        .filter(|policy| *policy != ANY && (parents.contains(*policy) || parents.contains(ANY)))
        .cloned()
        .collect();
    if may_be_any && own.contains(ANY) {
        left.extend(parents.iter().cloned());
    }
    left
}
