//! The verb from its arguments to its exit code.

use mesh_common::model::command::Command;
use mesh_common::model::event::Events as _;
use mesh_common::model::exposure::ClusterDomain;
use mesh_common::model::gateway::{
    EastWestGateway, Form, ambient, gateway_api, helm_values, iop, manifest,
};
use mesh_common::model::yaml::to_documents;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;
use mesh_common::terminal::flags::given;

use super::GenerateArgs;
use super::args::Format;

pub(crate) fn run(arguments: &GenerateArgs, streams: &mut Streams) -> Result<Exit, Error> {
    let (gateway, form) = asked_for(arguments)?;
    for warning in gateway.warnings() {
        streams.report(warning)?;
    }
    if let Some(warning) = arguments.gateway.without_effect(&gateway) {
        streams.warn(&warning);
    }
    let objects = match form {
        Form::Manifest => manifest(&gateway),
        Form::Iop => vec![iop(&gateway)],
        Form::Helm => vec![helm_values(&gateway)],
        Form::GatewayApi => vec![gateway_api(&gateway)],
        Form::Ambient => vec![ambient(&gateway)],
    };
    streams.data(&to_documents(&objects))?;
    Ok(Exit::Fine)
}

/// Returns the gateway, and the form in which it is printed.
///
/// # Errors
/// All that is wrong with the arguments, joined.
fn asked_for(arguments: &GenerateArgs) -> Result<(EastWestGateway, Form), Error> {
    let mut errors = Vec::new();
    let form = form(arguments, &mut errors);
    let cluster_domain = keep(cluster_domain(arguments, form), &mut errors);
    let gateway = keep(arguments.gateway.spec().resolve(form), &mut errors);
    Error::all(errors).map_or(Ok(()), Err)?;
    let gateway = EastWestGateway {
        cluster_domain: cluster_domain.unwrap_or_default(),
        ..gateway.unwrap_or_default()
    };
    Ok((gateway, form))
}

fn form(arguments: &GenerateArgs, errors: &mut Vec<Error>) -> Form {
    match (arguments.gateway.ambient, arguments.format) {
        (false, format) => format.unwrap_or(Format::Manifest).form(),
        (true, None | Some(Format::GatewayApi)) => Form::Ambient,
        (true, Some(format @ (Format::Manifest | Format::Iop | Format::Helm))) => {
            let error = Error::usage(format!(
                "an ambient gateway is a Gateway that istiod runs, so there is no --format {} of it",
                format.word()
            ));
            errors.push(error.hint("omit --format"));
            Form::Ambient
        }
    }
}

/// Returns the domain. Only a Gateway of class `istio` names the hosts that it forwards; for the others another object does.
fn cluster_domain(arguments: &GenerateArgs, form: Form) -> Result<ClusterDomain, Error> {
    let domain = given(arguments.cluster_domain.as_deref());
    let domain = domain
        .map(|domain| domain.parse::<ClusterDomain>())
        .transpose()?;
    match (domain, form) {
        (None, _) => Ok(ClusterDomain::default()),
        (Some(domain), Form::GatewayApi) => Ok(domain),
        (Some(_), Form::Ambient) => Err(Error::usage("--cluster-domain has no effect on ambient gateways: they forward Services labelled istio.io/global=true")
            .hint("omit --cluster-domain")),
        (Some(domain), Form::Manifest | Form::Iop | Form::Helm) => Err(Error::usage(
            "--cluster-domain is for --format gateway-api; the hosts of other gateways are named where services are exposed",
        )
        .hint(
            Command::new("kubectl mesh-eastwest expose services")
                .flag("--cluster-domain", domain.as_str()),
        )),
    }
}

/// Returns the value, where it is valid; an error joins `errors`.
fn keep<T>(result: Result<T, Error>, errors: &mut Vec<Error>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}
