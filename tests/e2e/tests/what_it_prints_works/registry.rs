//! Which test runs which shape of printed command. A shape that a golden file has and nobody runs fails, and so does one that
//! is run and stands in no golden file.

use std::collections::BTreeSet;

use crate::goldens::commands;

/// A test for each shape, by the function that runs a command of it, and all shapes as `REGISTRY`.
macro_rules! registry {
    ($($module:ident::$name:ident: $shape:literal;)+) => {
        const REGISTRY: &[&str] = &[$($shape),+];
        $(#[test] fn $name() { crate::$module::$name($shape); })+
    };
}

registry! {
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

    // What mends a finding, which is gone afterwards.
    labels::network: "kubectl mesh-label network --context";
    labels::network_in_place_of_another: "kubectl mesh-label network --overwrite --context";
    labels::network_in_place_of_a_misspelled_label: "kubectl mesh-label network --context && kubectl label namespace KEY-";
    labels::pods: "kubectl label pods -l --overwrite";
    labels::restart: "kubectl rollout restart";
    labels::view: "kubectl set env";
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
    secrets::missing: "kubectl mesh-secret create --context --name --into";
    secrets::token_without_end: "kubectl mesh-secret create --context --name --into --token-duration";
    secrets::label_of_a_secret: "kubectl label secret --overwrite";
}

#[test]
fn every_shape_of_a_printed_command_is_run_by_a_test() {
    let printed = commands();
    let run: BTreeSet<&str> = REGISTRY.iter().copied().collect();
    assert_eq!(run.len(), REGISTRY.len(), "a shape is there twice");
    let not_run: Vec<_> = printed
        .iter()
        .filter(|(shape, _)| !run.contains(shape.as_str()))
        .collect();
    assert!(not_run.is_empty(), "nobody runs {not_run:#?}");
    let not_printed: Vec<_> = run
        .iter()
        .filter(|shape| !printed.contains_key(**shape))
        .collect();
    assert!(
        not_printed.is_empty(),
        "no golden file has {not_printed:#?}"
    );
}
