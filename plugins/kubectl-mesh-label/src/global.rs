//! `global`: Services that are one for the whole mesh in ambient mode, as a label on each of them.

use clap::Args;
use k8s_openapi::api::core::v1::Service;
use mesh_common::client::Interrupt;
use mesh_common::model::cluster_name::is_dns_label;
use mesh_common::model::event::{Event, Events};
use mesh_common::model::metadata::MetadataField;
use mesh_common::model::names::GLOBAL_LABEL;
use mesh_common::model::{Error, Exit};
use mesh_common::ops::Job;
use mesh_common::ops::metadata::{self, ClusterTask, ObjectName, Request};
use mesh_common::terminal::flags::{ContextFlags, connector, given};
use mesh_common::terminal::flags_server::ConnectServerFlags;
use mesh_common::terminal::reading::targets;
use mesh_common::terminal::{Environment, Streams};

use crate::cli::SELF;
use crate::write_flags::WriteFlags;

/// Make Services mesh-wide in ambient mode, by the label istio.io/global of the same Service in every cluster
///
/// Every cluster is read, and every server checks the change, before the first one is written: where a Service is missing or
/// has another value in any cluster, nothing is changed. Clusters that are unreachable or forbid the change are skipped.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # The Service web of the namespace shop, in both clusters
  kubectl mesh-label global shop/web --context east,west

  # Several Services of one namespace
  kubectl mesh-label global web cart -n shop --context east,west

  # Back to one Service for each cluster
  kubectl mesh-label global shop/web --remove --context east,west")]
pub(crate) struct GlobalArgs {
    /// Services; a namespace in front wins over -n
    #[arg(value_name = "[NAMESPACE/]SERVICE", required = true)]
    pub services: Vec<String>,
    /// Namespace of the Services [default: the context's]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    #[command(flatten)]
    pub contexts: ContextFlags,
    #[command(flatten)]
    pub write: WriteFlags,
    #[command(flatten)]
    pub connect: ConnectServerFlags,
}

pub(crate) async fn run(
    arguments: GlobalArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let request = Request {
        rehearse: true,
        ..arguments.write.request(MetadataField::Label(GLOBAL_LABEL))
    };
    let kubeconfig = arguments.connect.load(environment)?;
    let contexts = arguments.contexts.resolve(&kubeconfig);
    let targets = targets(&kubeconfig, &arguments.connect, &contexts)?;
    let contexts: Vec<(&str, Option<&str>)> = targets
        .iter()
        .map(|target| (target.context(), target.namespace()))
        .collect();
    let namespace = given(arguments.namespace.as_deref());
    let services = services(&arguments.services, namespace.as_deref(), &contexts)?;
    let tasks = targets
        .into_iter()
        .map(|target| ClusterTask {
            target,
            objects: services.clone(),
            value: (!arguments.write.remove).then(|| "true".to_owned()),
        })
        .collect();
    let connector = connector(environment, SELF, streams.interactive);
    let no_warnings = |_: &Service, _: &_| Vec::new();
    let lines = WithNamespace(streams);
    let job = Job {
        connector: &connector,
        interrupt,
        events: &lines,
        applied_by: SELF,
        now: environment.now,
    };
    metadata::run(&request, tasks, no_warnings, job).await
}

/// Prints changes with the namespaces of their objects, since Services of several namespaces can be named at once.
struct WithNamespace<'a>(&'a Streams);

impl Events for WithNamespace<'_> {
    fn report(&self, event: Event) -> Result<(), Error> {
        let Event::Done { change, dry_run } = &event else {
            return self.0.report(event);
        };
        let (object, word, context) = (&change.object, change.action.word(), &change.context);
        let Some(namespace) = &object.namespace else {
            return self.0.report(event);
        };
        let suffix = dry_run.suffix();
        self.0.report(Event::Line(format!(
            "{object} {word} in namespace {namespace} of context {context}{suffix}"
        )))
    }
}

/// The default namespace.
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces>.
const DEFAULT: &str = "default";

/// Returns the Services, each once; `contexts` are the contexts with the namespace that each of them sets.
///
/// # Errors
/// An invalid name, and contexts that set different namespaces, which would be different Services.
fn services(
    services: &[String],
    namespace: Option<&str>,
    contexts: &[(&str, Option<&str>)],
) -> Result<Vec<ObjectName>, Error> {
    let (mut named, mut errors) = (Vec::<ObjectName>::new(), Vec::new());
    for text in services {
        let (own, name) = match text.split_once('/') {
            Some((own, name)) => (Some(own), name),
            None => (None, text.as_str()),
        };
        let namespace = match own.or(namespace) {
            Some(namespace) => Ok(namespace),
            None => common_namespace(contexts),
        };
        match namespace {
            Ok(namespace) if is_dns_label(namespace) && is_dns_label(name) => {
                let one = ObjectName {
                    namespace: Some(namespace.to_owned()),
                    name: name.to_owned(),
                };
                if !named.contains(&one) {
                    named.push(one);
                }
            }
            Ok(_) => errors.push(
                Error::usage(format!("invalid Service name {text:?}"))
                    .hint("SERVICE or NAMESPACE/SERVICE, each of a-z, 0-9 and '-'"),
            ),
            Err(error) => errors.push(error),
        }
    }
    Error::all(errors).map_or(Ok(named), Err)
}

fn common_namespace<'a>(contexts: &[(&'a str, Option<&'a str>)]) -> Result<&'a str, Error> {
    let mut namespaces = contexts
        .iter()
        .map(|(context, namespace)| (*context, namespace.unwrap_or(DEFAULT)));
    let Some((first, namespace)) = namespaces.next() else {
        return Ok(DEFAULT);
    };
    match namespaces.find(|(_, other)| *other != namespace) {
        Some((context, other)) => Err(Error::usage(format!(
            "context {first} uses namespace {namespace}, and context {context} uses {other}"
        ))
        .hint("name the Services' namespace with -n")),
        None => Ok(namespace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        texts: &[&str],
        namespace: Option<&str>,
        contexts: &[(&str, Option<&str>)],
    ) -> Option<Vec<String>> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let named = services(&texts, namespace, contexts).ok()?;
        Some(
            named
                .into_iter()
                .map(|one| format!("{}/{}", one.namespace.unwrap(), one.name))
                .collect(),
        )
    }

    #[test]
    fn the_namespace_comes_from_the_name_then_the_flag_then_the_context() {
        let shop = [("east", Some("shop")), ("west", Some("shop"))];
        let differ = [("east", Some("shop")), ("west", None)];
        for (texts, namespace, contexts, expected) in [
            (vec!["a/web"], Some("b"), shop, Some(vec!["a/web"])),
            (vec!["web", "b/web"], Some("b"), differ, Some(vec!["b/web"])),
            (vec!["web"], None, shop, Some(vec!["shop/web"])),
            (vec!["web"], None, differ, None),
            (vec!["a/web"], None, differ, Some(vec!["a/web"])),
            (vec!["a/b/web"], None, shop, None),
            (vec!["/web"], None, shop, None),
            (vec![""], None, shop, None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(read(&texts, namespace, &contexts), expected, "{texts:?}");
        }
        assert_eq!(
            read(&["web"], None, &[("east", None)]),
            Some(vec!["default/web".to_owned()])
        );
    }
}
