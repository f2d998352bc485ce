//! What `expose` was asked for, checked; nothing later looks at a raw flag.

use std::str::FromStr;

use mesh_common::mesh::Error;
use mesh_common::mesh::cluster_name::is_dns_label;
use mesh_common::mesh::exposure::{
    HttpsExposure, IstiodExposure, Revision, SERVICES_PORT, ServicesExposure,
};
use mesh_common::terminal::flags::given;

use super::args::{IstiodArgs, ServicesArgs};

/// What `expose services` is to print.
///
/// # Errors
/// All that is wrong with the arguments, joined.
pub(super) fn services(arguments: &ServicesArgs) -> Result<ServicesExposure, Error> {
    let flags = &arguments.gateway;
    let mut errors = Vec::new();
    let selector = parsed(flags.selector.as_deref(), &mut errors);
    let cluster_domain = parsed(flags.cluster_domain.as_deref(), &mut errors);
    Error::all(errors).map_or(Ok(()), Err)?;
    Ok(ServicesExposure {
        namespace: flags.namespace.resolve().to_owned(),
        selector: selector.unwrap_or_default(),
        cluster_domain: cluster_domain.unwrap_or_default(),
        port: arguments.port.unwrap_or(SERVICES_PORT),
    })
}

/// What `expose istiod` is to print.
///
/// # Errors
/// All that is wrong with the arguments, joined.
pub(super) fn istiod(arguments: &IstiodArgs) -> Result<IstiodExposure, Error> {
    let flags = &arguments.gateway;
    let mut errors = Vec::new();
    let selector = parsed(flags.selector.as_deref(), &mut errors);
    let cluster_domain = parsed(flags.cluster_domain.as_deref(), &mut errors);
    let revisions = revisions(&arguments.revision, &mut errors);
    let https = https(arguments, &mut errors);
    if https.is_some() && revisions.len() > 1 {
        errors.push(
            Error::usage("one host leads to one istiod, and --revision names several")
                .hint("expose each revision by a host of its own"),
        );
    }
    Error::all(errors).map_or(Ok(()), Err)?;
    let namespace = flags.namespace.resolve().to_owned();
    Ok(IstiodExposure {
        istio_namespace: namespace.clone(),
        namespace,
        selector: selector.unwrap_or_default(),
        cluster_domain: cluster_domain.unwrap_or_default(),
        revisions: if revisions.is_empty() {
            vec![Revision::default()]
        } else {
            revisions
        },
        https,
    })
}

/// The value of a flag, where it was given and is good; what is wrong joins `errors`.
fn parsed<T: FromStr<Err = Error>>(flag: Option<&str>, errors: &mut Vec<Error>) -> Option<T> {
    given(flag)?
        .parse()
        .map_err(|error| errors.push(error))
        .ok()
}

/// Each revision once, in the order given.
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
    let missing: Vec<&str> = [
        (arguments.https, "--https"),
        (host.is_some(), "--host"),
        (credential.is_some(), "--credential"),
    ]
    .into_iter()
    .filter_map(|(is_there, flag)| (!is_there).then_some(flag))
    .collect();
    if (1..3).contains(&missing.len()) {
        errors.push(
            Error::usage(format!(
                "--https, --host and --credential need each other: {} missing",
                if missing.len() == 1 {
                    format!("{} is", missing[0])
                } else {
                    format!("{} are", missing.join(" and "))
                }
            ))
            .hint("for example: --https --host istiod.example.com --credential istiod-cert"),
        );
    }
    let host = parsed(host.as_deref(), errors);
    if let Some(name) = credential
        .as_deref()
        .filter(|name| !name.split('.').all(is_dns_label))
    {
        errors.push(
            Error::usage(format!("credential {name:?} is not the name of a Secret")).hint(
                "kubectl get secrets -n istio-system --field-selector type=kubernetes.io/tls",
            ),
        );
    }
    Some(HttpsExposure {
        host: host?,
        credential: credential?,
    })
}
