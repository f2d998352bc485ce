//! The suite's own commands as fixes and hints print them: one function for each verb.
//!
//! Each has the kubeconfig of the command that prints it, and Istio's namespace unless that is the
//! default. Flags that only some callers need are added by them.

use super::{Command, Kubectl};

/// Returns `mesh-secret create`: the remote secret for the cluster of context `remote`, in the cluster of context `holder`.
pub fn secret_create(
    kubectl: &Kubectl,
    remote: &str,
    name: Option<&str>,
    namespace: &str,
    holder: &str,
) -> Command {
    Command::new("kubectl mesh-secret create")
        .kubeconfig_of(kubectl)
        .flag("--context", remote)
        .flag_if("--name", name)
        .istio_namespace(namespace)
        .flag("--into", holder)
}

/// Returns `mesh-secret delete` for clusters or Secrets (`secret/NAME`); it shows what it deletes and asks first.
pub fn secret_delete(
    names: &[&str],
    kubectl: &Kubectl,
    contexts: &[&str],
    namespace: &str,
) -> Command {
    let command = Command::new("kubectl mesh-secret delete").args(names);
    in_contexts(command, kubectl, contexts).istio_namespace(namespace)
}

/// Returns `mesh-secret rotate` for the tokens of one cluster, or of one Secret.
pub fn secret_rotate(name: &str, kubectl: &Kubectl, contexts: &[&str], namespace: &str) -> Command {
    let command = Command::new("kubectl mesh-secret rotate").arg(name);
    in_contexts(command, kubectl, contexts).istio_namespace(namespace)
}

/// Returns `mesh-secret list` for these contexts, or for all if there are none.
pub fn secret_list(kubectl: &Kubectl, contexts: &[&str], namespace: &str) -> Command {
    let command = Command::new("kubectl mesh-secret list");
    let command = if contexts.is_empty() {
        command.words("--all-contexts").kubeconfig_of(kubectl)
    } else {
        in_contexts(command, kubectl, contexts)
    };
    command.istio_namespace(namespace)
}

/// Returns `mesh-secret inspect` for the secrets of this name in one context.
pub fn secret_inspect(name: &str, kubectl: &Kubectl, context: &str, namespace: &str) -> Command {
    let command = Command::new("kubectl mesh-secret inspect").arg(name);
    in_contexts(command, kubectl, &[context]).istio_namespace(namespace)
}

/// Returns `mesh-label network` for the cluster of `kubectl`; `overwrite` replaces another network.
pub fn label_network(
    network: &str,
    kubectl: &Kubectl,
    namespace: &str,
    overwrite: bool,
) -> Command {
    let command = Command::new("kubectl mesh-label network").arg(network);
    let command = if overwrite {
        command.words("--overwrite")
    } else {
        command
    };
    command.on(kubectl).istio_namespace(namespace)
}

/// Returns `mesh-eastwest generate` for a gateway of this network; its objects go to stdout, see [`applied`].
pub fn eastwest_generate(network: &str) -> Command {
    Command::new("kubectl mesh-eastwest generate").flag("--network", network)
}

/// Returns `mesh-eastwest generate` for a gateway of ambient mode; its objects go to stdout, see [`applied`].
pub fn eastwest_generate_ambient(network: &str) -> Command {
    Command::new("kubectl mesh-eastwest generate --ambient").flag("--network", network)
}

/// Returns `mesh-eastwest expose services`; its objects go to stdout, see [`applied`].
pub fn eastwest_expose_services() -> Command {
    Command::new("kubectl mesh-eastwest expose services")
}

/// Returns `mesh-eastwest expose istiod`; its objects go to stdout, see [`applied`].
pub fn eastwest_expose_istiod() -> Command {
    Command::new("kubectl mesh-eastwest expose istiod")
}

/// Returns a command that prints objects of a gateway in `namespace`, and applies them in the cluster of `kubectl`.
pub fn applied(printed: Command, namespace: &str, kubectl: &Kubectl) -> Command {
    let apply = kubectl.command().words("apply -f -");
    printed.istio_namespace(namespace).pipe(apply)
}

fn in_contexts(command: Command, kubectl: &Kubectl, contexts: &[&str]) -> Command {
    command
        .kubeconfig_of(kubectl)
        .flag("--context", &contexts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_names_kubeconfig_contexts_and_namespace() {
        let kubectl = Kubectl::new(Some("k".to_owned())).context("east");
        let both = ["east", "my west"];
        for (command, expected) in [
            (
                secret_create(&kubectl, "west", Some("w"), "istio-system", "east"),
                "create --kubeconfig k --context west --name w --into east",
            ),
            (
                secret_create(&kubectl, "west", None, "mesh", "east"),
                "create --kubeconfig k --context west -n mesh --into east",
            ),
            (
                secret_delete(&["secret/a", "west"], &kubectl, &both, "mesh"),
                "delete secret/a west --kubeconfig k --context 'east,my west' -n mesh",
            ),
            (
                secret_rotate("west", &kubectl, &both, "istio-system"),
                "rotate west --kubeconfig k --context 'east,my west'",
            ),
            (
                secret_list(&kubectl, &[], "istio-system"),
                "list --all-contexts --kubeconfig k",
            ),
            (
                secret_list(&kubectl, &["east"], "mesh"),
                "list --kubeconfig k --context east -n mesh",
            ),
            (
                secret_inspect("a", &kubectl, "east", "istio-system"),
                "inspect a --kubeconfig k --context east",
            ),
        ] {
            assert_eq!(
                command.to_string(),
                format!("kubectl mesh-secret {expected}")
            );
        }
        assert_eq!(
            label_network("n", &kubectl, "mesh", true).to_string(),
            "kubectl mesh-label network n --overwrite --kubeconfig k --context east -n mesh"
        );
        for (command, expected) in [
            (eastwest_generate("n"), "generate --network n"),
            (
                eastwest_generate_ambient("n"),
                "generate --ambient --network n",
            ),
            (eastwest_expose_services(), "expose services"),
            (eastwest_expose_istiod(), "expose istiod"),
        ] {
            assert_eq!(
                applied(command, "mesh", &kubectl).to_string(),
                format!(
                    "kubectl mesh-eastwest {expected} -n mesh | kubectl --kubeconfig k --context east apply -f -"
                )
            );
        }
    }
}
