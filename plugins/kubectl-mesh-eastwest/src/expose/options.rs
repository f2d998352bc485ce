//! The arguments of `expose`, checked; nothing later looks at a raw flag.

use std::str::FromStr;

use mesh_common::model::Error;
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::exposure::{HttpsExposure, Revision, is_dns_name};
use mesh_common::ops::gateway::live::{ExposureRequest, IstiodRequest};
use mesh_common::terminal::flags::{ConnectFlags, given};

use super::args::{GatewayFlags, IstiodArgs, ServicesArgs};

/// Returns the request of `expose services`.
///
/// # Errors
/// All that is wrong with the arguments, joined.
pub(super) fn services(arguments: &ServicesArgs) -> Result<ExposureRequest, Error> {
    let mut errors = Vec::new();
    let asked = ExposureRequest {
        port: arguments.port,
        ..asked(&arguments.gateway, &mut errors)
    };
    Error::all(errors).map_or(Ok(asked), Err)
}

/// Returns the request of `expose istiod`.
///
/// # Errors
/// All that is wrong with the arguments, joined.
pub(super) fn istiod(arguments: &IstiodArgs) -> Result<IstiodRequest, Error> {
    let mut errors = Vec::new();
    let asked = IstiodRequest {
        exposure: asked(&arguments.gateway, &mut errors),
        revisions: revisions(&arguments.revision, &mut errors),
        https: https(arguments, &mut errors),
    };
    if arguments.https && asked.revisions.len() > 1 {
        errors.push(
            Error::usage("one host is for one istiod, and --revision names several")
                .hint(Remedy::add(Knob::Revision, asked.revisions[0].word())),
        );
    }
    Error::all(errors).map_or(Ok(asked), Err)
}

fn asked(flags: &GatewayFlags, errors: &mut Vec<Error>) -> ExposureRequest {
    let alone = connecting(&flags.connect);
    if given(flags.from_context.as_deref()).is_none() && !alone.is_empty() {
        errors.push(
            Error::usage(format!(
                "without --from-context no cluster is read, so {} has no effect",
                alone.join(", ")
            ))
            .hint("add --from-context CONTEXT, or omit the other flags"),
        );
    }
    ExposureRequest {
        namespace: flags.namespace.named().map(str::to_owned),
        selector: parsed(flags.selector.as_deref(), errors),
        cluster_domain: parsed(flags.cluster_domain.as_deref(), errors),
        port: None,
    }
}

/// Returns the flags about connecting that were given.
fn connecting(flags: &ConnectFlags) -> Vec<&'static str> {
    [
        (flags.kubeconfig.is_some(), "--kubeconfig"),
        (flags.cluster.is_some(), "--cluster"),
        (flags.user.is_some(), "--user"),
        (flags.impersonate.is_some(), "--as"),
        (!flags.impersonate_groups.is_empty(), "--as-group"),
        (flags.impersonate_uid.is_some(), "--as-uid"),
        (flags.request_timeout.is_some(), "--request-timeout"),
        (flags.kuberc.is_some(), "--kuberc"),
        (flags.server.server.is_some(), "--server"),
        (flags.server.token.is_some(), "--token"),
        (
            flags.server.certificate_authority.is_some(),
            "--certificate-authority",
        ),
        (
            flags.server.insecure_skip_tls_verify,
            "--insecure-skip-tls-verify",
        ),
        (flags.server.tls_server_name.is_some(), "--tls-server-name"),
    ]
    .into_iter()
    .filter_map(|(is_there, flag)| is_there.then_some(flag))
    .collect()
}

/// Returns the value of a flag, where it was given and is valid; an error joins `errors`.
fn parsed<T: FromStr<Err = Error>>(flag: Option<&str>, errors: &mut Vec<Error>) -> Option<T> {
    given(flag)?
        .parse()
        .map_err(|error| errors.push(error))
        .ok()
}

/// Returns each revision once, in the order given.
fn revisions(names: &[String], errors: &mut Vec<Error>) -> Vec<Revision> {
    let mut revisions = Vec::new();
    for name in names {
        if let Some(revision) = parsed(Some(name), errors)
            && !revisions.contains(&revision)
        {
            revisions.push(revision);
        }
    }
    revisions
}

/// `--https`, `--host` and `--credential` make sense together only.
fn https(arguments: &IstiodArgs, errors: &mut Vec<Error>) -> Option<HttpsExposure> {
    let host = given(arguments.host.as_deref());
    let credential = given(arguments.credential.as_deref());
    let flags = [
        (arguments.https, "--https"),
        (host.is_some(), "--host"),
        (credential.is_some(), "--credential"),
    ];
    let missing: Vec<&str> = flags
        .into_iter()
        .filter_map(|(is_there, flag)| (!is_there).then_some(flag))
        .collect();
    if (1..flags.len()).contains(&missing.len()) {
        errors.push(
            Error::usage(format!(
                "--https, --host and --credential need each other, and {} missing",
                match missing[..] {
                    [one] => format!("{one} is"),
                    _ => format!("{} are", missing.join(" and ")),
                }
            ))
            .hint("for example: --https --host istiod.example.com --credential istiod-cert"),
        );
    }
    let host = parsed(host.as_deref(), errors);
    let credential = credential?;
    if !is_dns_name(&credential) {
        errors.push(
            Error::usage(format!(
                "credential {credential:?} is not the name of a Secret (labels of a-z, 0-9 and '-' with dots between them)"
            ))
            .hint("for example: --credential istiod-cert"),
        );
    }
    Some(HttpsExposure {
        host: host?,
        credential,
    })
}
