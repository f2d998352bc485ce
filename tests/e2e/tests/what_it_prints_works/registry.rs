//! The test that runs each shape of printed command. A shape that a golden file has and nobody runs fails, and so does one that
//! is run and stands in no golden file, unless its state is so rare that it comes about here alone; and so do words of a command
//! in the sources that are in no shape at all.

use std::collections::BTreeSet;

use crate::goldens::{commands, words_of_commands};

/// A test for each shape, by the function that runs a command of it, and all shapes as a constant.
macro_rules! registry {
    ($all:ident; $($module:ident::$name:ident: $shape:literal;)+) => {
        const $all: &[&str] = &[$($shape),+];
        $(#[test] fn $name() { crate::$module::$name($shape); })+
    };
}

registry! { PRINTED;
    // What looks, and changes nothing.
    looking::contexts: "kubectl config get-contexts";
    looking::clusters: "kubectl config get-clusters";
    looking::kubeconfig: "kubectl config view";
    looking::entry: "kubectl config view --minify";
    looking::plugins: "kubectl plugin list";
    real::rights: "kubectl auth can-i";
    real::rights_to_a_subresource: "kubectl auth can-i --subresource";
    real::rights_in_all_namespaces: "kubectl auth can-i -A";
    real::rights_of_another: "kubectl auth can-i -A --as";
    looking::groups: "kubectl api-resources --api-group";
    looking::raw: "kubectl get --raw";
    looking::services_of_the_namespace: "kubectl get services";
    looking::network_of_the_namespace: "kubectl get namespace -L";
    looking::events: "kubectl get events";
    looking::pods_and_endpoints: "kubectl get pods,endpointslices";
    looking::token_secrets: "kubectl get secrets --field-selector";
    looking::remote_secrets: "kubectl get secrets -l";
    looking::gateway_pods: "kubectl describe pods -l";
    looking::gateway_service: "kubectl describe service";
    looking::authorities: "kubectl describe secret";
    looking::logs: "kubectl logs";
    looking::secrets_everywhere: "kubectl mesh-secret list --all-contexts";
    looking::secrets_of_a_context: "kubectl mesh-secret list --context";
    looking::exposure_of_another_domain: "kubectl mesh-eastwest expose services --cluster-domain";
    looking::server: "curl -vk";
    looking::proxy: "curl -v -x";
    looking::host: "getent";
    looking::certificate: "openssl -showcerts -connect";
    looking::file: "ls -l";
    looking::folder: "ls";

    // What changes what stands in the way, after which the same command goes through.
    real::namespace: "kubectl create namespace";
    hints::server_name: "kubectl config set-cluster --tls-server-name";
    hints::helper: "mv";
    hints::other_secret: "kubectl mesh-secret delete --context";
    hints::everywhere: "kubectl mesh-secret delete --context --revoke";
    hints::secret_read_again: "kubectl annotate --overwrite secret";
    hints::rotation: "kubectl mesh-secret rotate --context";
    hints::restart_of_istiod: "kubectl rollout restart -l";
    hints::exposure_beside: "kubectl mesh-eastwest expose services --from-context | kubectl apply -f -";

    // What repairs a finding, which is gone afterwards.
    labels::network: "kubectl mesh-label network --context";
    labels::network_in_place_of_another: "kubectl mesh-label network --overwrite --context";
    labels::network_in_place_of_a_misspelled_label: "kubectl mesh-label network --context && kubectl label namespace KEY-";
    labels::pods: "kubectl label pods -l --overwrite";
    labels::restart: "kubectl rollout restart";
    labels::view: "kubectl set env";
    labels::label_of_a_template: "kubectl patch deployment -p";
    real::release: "helm upgrade --version --reuse-values --set-string";
    real::release_and_gateway: "helm upgrade --version --reuse-values --set-string && kubectl label gateways.gateway.networking.k8s.io --overwrite";
    gateways::gateway: "kubectl mesh-eastwest generate --network | kubectl apply -f -";
    gateways::services: "kubectl mesh-eastwest expose services | kubectl apply -f -";
    gateways::istiod: "kubectl mesh-eastwest expose istiod | kubectl apply -f -";
    gateways::label: "kubectl label service";
    gateways::port_label: "kubectl label service KEY-";
    gateways::port: "kubectl patch service --type -p";
    gateways::service_type: "kubectl patch service -p";
    gateways::nodes: "kubectl annotate service --overwrite";
    gateways::host_names: "kubectl set env KEY-";
    secrets::missing: "kubectl mesh-secret create --context --name --into";
    secrets::token_without_end: "kubectl mesh-secret create --context --name --into --token-duration";
    secrets::label_of_a_secret: "kubectl label secret --overwrite";
    secrets::wrong_cluster: "kubectl mesh-secret create --context --name --into --replace";
    secrets::wrong_name: "kubectl mesh-secret delete --context && kubectl mesh-secret create --context --name --into";
    secrets::second_key: "kubectl patch secret --type -p";
    secrets::second_secret: "kubectl mesh-secret delete --context && kubectl annotate --overwrite secret";
}

registry! { BESIDES;
    besides::users: "kubectl config get-users";
    besides::server_with_a_scheme: "kubectl config set-cluster --server";
    besides::client_certificate: "kubectl config view --minify --raw -o | base64 -d | openssl -noout -subject -issuer -dates";
    besides::explained: "kubectl explain";
    besides::objects: "kubectl get namespaces";
    besides::kube_system: "kubectl get namespace -o";
    besides::authority_of_the_cluster: "kubectl get configmap";
    besides::secret: "kubectl mesh-secret inspect --context";
    besides::ambient_gateway: "kubectl describe gateways.gateway.networking.k8s.io";
    besides::ambient_gateway_made_again: "kubectl mesh-eastwest generate --ambient --network | kubectl apply -f -";
}

#[test]
fn every_shape_of_a_printed_command_is_run_by_a_test() {
    let printed = commands();
    let run: BTreeSet<&str> = PRINTED.iter().chain(BESIDES).copied().collect();
    assert_eq!(
        run.len(),
        PRINTED.len() + BESIDES.len(),
        "a shape is there twice"
    );
    let not_run: Vec<_> = printed
        .iter()
        .filter(|(shape, _)| !run.contains(shape.as_str()))
        .collect();
    assert!(not_run.is_empty(), "nobody runs {not_run:#?}");
    let is_printed = |shape: &&&str| printed.contains_key(**shape);
    let not_printed: Vec<_> = PRINTED.iter().filter(|shape| !is_printed(shape)).collect();
    assert!(
        not_printed.is_empty(),
        "no golden file has {not_printed:#?}"
    );
    let also_printed: Vec<_> = BESIDES.iter().filter(is_printed).collect();
    assert!(
        also_printed.is_empty(),
        "a golden file has {also_printed:#?}"
    );
}

/// Words of commands that are printed within a sentence, and so are no fix and no hint.
const IN_SENTENCES: [&str; 2] = ["export", "--set"];

#[test]
fn every_verb_of_a_command_in_the_sources_is_in_a_shape_that_is_run() {
    let shapes: Vec<Vec<&str>> = PRINTED
        .iter()
        .chain(BESIDES)
        .map(|shape| shape.split(' ').collect())
        .collect();
    let mut found = 0;
    for (file, words) in words_of_commands() {
        found += 1;
        let of_shapes: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|word| counts(word))
            .collect();
        let is_run = shapes
            .iter()
            .any(|shape| of_shapes.iter().all(|word| shape.contains(word)));
        let in_sentence = words
            .iter()
            .all(|word| IN_SENTENCES.contains(&word.as_str()));
        assert!(
            is_run || in_sentence,
            "{}: nobody runs {words:?}",
            file.display()
        );
    }
    assert!(found > 80, "only {found} words of commands were found");
}

/// Tells whether a shape keeps such a word.
fn counts(word: &str) -> bool {
    const VALUES: [&str; 13] = [
        "json",
        "yaml",
        "config",
        "list",
        "hosts",
        "kube-system",
        "kube-root-ca.crt",
        "deployment",
        "pods",
        "services",
        "s_client",
        "x509",
        "-l",
    ];
    !(word.starts_with('/')
        || word.contains('=') && !word.starts_with('-')
        || VALUES.contains(&word)
        || word == "--allow-loopback")
}
