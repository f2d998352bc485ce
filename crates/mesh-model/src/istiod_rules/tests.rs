//! Each reason once, with its text; the tests with a real istiod prove that the reasons are istiod's own.

use super::verdict;

fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters: [{{name: c, cluster: {cluster}}}]\n\
         users: [{{name: c, user: {user}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: c}}}}]\n"
    )
}

fn said(text: &str) -> String {
    verdict(text.as_bytes()).map_or_else(|refusal| refusal.to_string(), |()| "taken".to_owned())
}

#[test]
fn each_way_to_authenticate_is_taken_or_denied_as_istiod_does() {
    let server = "{server: 'https://h'}";
    for (user, expected) in [
        ("{token: t}", "taken"),
        ("{}", "taken"),
        ("{username: u, password: p}", "taken"),
        (
            "{auth-provider: {name: oidc, config: {idp-issuer-url: i, client-id: c}}}",
            "taken",
        ),
        (
            "{auth-provider: {name: oidc, config: {idp-issuer-url: i}}}",
            "no client can be created from the kubeconfig: its auth-provider oidc lacks client-id",
        ),
        (
            "{auth-provider: {name: ''}}",
            "no client can be created from the kubeconfig: its auth-provider has no name",
        ),
        (
            "{exec: {command: x}}",
            "the kubeconfig is not valid: user \"c\" has exec without an apiVersion",
        ),
        (
            "{client-certificate-data: eA==, client-key-data: eA==}",
            "no client can be created from the kubeconfig: its client certificate is not valid PEM",
        ),
        (
            "{as: u, as-groups: [1]}",
            "the kubeconfig cannot be loaded: an item of as-groups of user \"c\" has to be text and is a number",
        ),
        (
            "{auth-provider: {name: gcp}}",
            "auth-provider \"gcp\" is not allowed in a remote secret",
        ),
        (
            "{tokenFile: /t}",
            "tokenFile, a file on istiod's own disk is not allowed in a remote secret",
        ),
        (
            "{exec: {command: aws, apiVersion: client.authentication.k8s.io/v1beta1}}",
            "exec, a program in istiod's own container is not allowed in a remote secret",
        ),
        (
            "{client-certificate-data: eA==}",
            "the kubeconfig is not valid: user \"c\" has a client certificate without its key",
        ),
        (
            "{token: t, username: u}",
            "the kubeconfig is not valid: user \"c\" has both a token and a password",
        ),
        (
            "{as-groups: [g]}",
            "the kubeconfig is not valid: user \"c\" impersonates groups or a UID without a user",
        ),
        (
            "{token: 3}",
            "the kubeconfig cannot be loaded: token of user \"c\" has to be text and is a number",
        ),
    ] {
        assert_eq!(said(&kubeconfig(server, user)), expected, "{user}");
    }
}

#[test]
fn each_broken_cluster_has_its_reason() {
    for (cluster, expected) in [
        (
            "{}",
            "the kubeconfig is not valid: cluster \"c\" has no server",
        ),
        (
            "{server: 'https://h', certificate-authority-data: '!'}",
            "the kubeconfig cannot be loaded: certificate-authority-data of cluster \"c\" is not base64",
        ),
        (
            "{server: 'https://h', certificate-authority-data: eA==}",
            "no client can be created from the kubeconfig: its CA holds no certificate",
        ),
        (
            "{server: 'https://h', proxy-url: 'ftp://x'}",
            "the kubeconfig is not valid: cluster \"c\" has a proxy-url that is neither http, https nor socks5",
        ),
        (
            "{server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: eA==}",
            "no client can be created from the kubeconfig: it has a CA and insecure-skip-tls-verify, which exclude each other",
        ),
        (
            "{server: 'https://h', insecure-skip-tls-verify: true}",
            "taken",
        ),
        (
            "{server: 'https://h h'}",
            "no client can be created from the kubeconfig: its server is neither a URL nor a host with a port",
        ),
        // Over plain HTTP the CA is not checked.
        ("{server: 'h:1', certificate-authority-data: eA==}", "taken"),
    ] {
        assert_eq!(
            said(&kubeconfig(cluster, "{token: t}")),
            expected,
            "{cluster}"
        );
    }
}

#[test]
fn what_is_no_kubeconfig_is_refused() {
    for (text, expected) in [
        ("", "the kubeconfig is empty"),
        (
            "# nothing",
            "the kubeconfig is not valid: it configures nothing",
        ),
        (
            "users: [{name: u}, {name: u}]",
            "the kubeconfig cannot be loaded: two users are called \"u\"",
        ),
        (
            "users: [{name: on}]",
            "the kubeconfig cannot be loaded: name of an item of users has to be text and is true or false",
        ),
        ("{}", "the kubeconfig is not valid: it configures nothing"),
        (
            "just a text",
            "the kubeconfig cannot be loaded: it is not a mapping",
        ),
        (
            "apiVersion: v2\nkind: Config",
            "the kubeconfig cannot be loaded: its apiVersion is \"v2\" and not \"v1\"",
        ),
        (
            "current-context: x",
            "the kubeconfig is not valid: its current context \"x\" does not exist",
        ),
    ] {
        assert_eq!(said(text), expected, "{text}");
    }
}
