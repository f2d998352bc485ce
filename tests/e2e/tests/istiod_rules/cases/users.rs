//! Ways to authenticate. A case is a line.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::pki::CertificateAuthority;

use super::case::{Case, of, plain};

#[rustfmt::skip]
pub(super) fn users(ca: &CertificateAuthority) -> Vec<Case> {
    let client = ca.client("somebody", &[]);
    let certificate = BASE64_STANDARD.encode(client.certificate_pem);
    let key = BASE64_STANDARD.encode(client.key_pem);
    let garbage = BASE64_STANDARD.encode("garbage");
    let user = |text: &str| of("", text);
    let exec = |more: &str| user(&format!("exec: {{command: x, {more}}}"));
    plain(&[
        ("no-credential", user("")),
        ("empty-token", user("token: ''")),
        ("null-token", user("token: null")),
        ("number-as-token", user("token: 3")),
        ("boolean-as-token", user("token: true")),
        ("old-boolean-as-token", user("token: yes")),
        ("old-boolean-quoted-as-token", user("token: 'yes'")),
        ("old-number-as-token", user("token: 1_000")),
        ("octal-as-token", user("token: 0o17")),
        ("date-as-token", user("token: 2001-01-01")),
        ("list-as-token", user("token: [t]")),
        ("basic", user("username: u, password: p")),
        ("password-alone", user("password: p")),
        ("token-and-basic", user("token: t, username: u, password: p")),
        ("token-and-password", user("token: t, password: p")),
        ("number-as-password", user("username: u, password: 3")),
        ("token-file", user("tokenFile: /t")),
        ("token-file-beside-token", user("tokenFile: /t, token: t")),
        ("empty-token-file", user("tokenFile: '', token: t")),
        ("token-and-certificate", user(&format!("token: t, client-certificate-data: {certificate}, client-key-data: {key}"))),
        ("certificate", user(&format!("client-certificate-data: {certificate}, client-key-data: {key}"))),
        ("certificate-without-key", user(&format!("client-certificate-data: {certificate}"))),
        ("key-without-certificate", user(&format!("client-key-data: {key}"))),
        ("certificate-that-is-none", user(&format!("client-certificate-data: {garbage}, client-key-data: {key}"))),
        ("key-that-is-none", user(&format!("client-certificate-data: {certificate}, client-key-data: {garbage}"))),
        ("key-of-another", user(&format!("client-certificate-data: {certificate}, client-key-data: {}", BASE64_STANDARD.encode(ca.client("other", &[]).key_pem) ))),
        ("certificate-no-base64", user("client-certificate-data: '!', client-key-data: eA==")),
        ("certificate-file", user("client-certificate: /dev/null, client-key: /dev/null")),
        ("certificate-file-missing", user("client-certificate: /nowhere, client-key: /nowhere")),
        ("certificate-twice", user(&format!("client-certificate: /dev/null, client-certificate-data: {certificate}, client-key-data: {key}"))),
        ("key-twice", user(&format!("client-key: /dev/null, client-certificate-data: {certificate}, client-key-data: {key}"))),
        ("key-file-alone", user("client-key: /dev/null, token: t")),
        ("as", user("token: t, as: jane")),
        ("as-groups", user("token: t, as: jane, as-groups: [g]")),
        ("as-groups-alone", user("token: t, as-groups: [g]")),
        ("as-groups-empty", user("token: t, as-groups: []")),
        ("as-groups-text", user("token: t, as: jane, as-groups: g")),
        ("as-groups-numbers", user("token: t, as: jane, as-groups: [1]")),
        ("as-uid", user("token: t, as: jane, as-uid: x")),
        ("as-uid-alone", user("token: t, as-uid: x")),
        ("as-extra", user("token: t, as: jane, as-user-extra: {k: [v]}")),
        ("as-extra-text", user("token: t, as: jane, as-user-extra: {k: v}")),
        ("as-extra-alone", user("token: t, as-user-extra: {k: [v]}")),
        ("exec-v1", exec("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never")),
        ("exec-v1-no-mode", exec("apiVersion: client.authentication.k8s.io/v1")),
        ("exec-v1beta1", exec("apiVersion: client.authentication.k8s.io/v1beta1")),
        ("exec-v1alpha1", exec("apiVersion: client.authentication.k8s.io/v1alpha1")),
        ("exec-no-version", exec("")),
        ("exec-odd-mode", exec("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Sometimes")),
        ("exec-nameless-variable", exec("apiVersion: client.authentication.k8s.io/v1beta1, env: [{value: x}]")),
        ("exec-no-command", user("exec: {apiVersion: client.authentication.k8s.io/v1beta1}")),
        ("exec-empty", user("exec: {}")),
        ("exec-null", user("exec: null, token: t")),
        ("exec-text", user("exec: aws, token: t")),
        ("exec-arguments-text", exec("apiVersion: client.authentication.k8s.io/v1beta1, args: x")),
        ("oidc", user("auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i', client-id: c, id-token: x}}")),
        ("oidc-no-client", user("auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i'}}")),
        ("oidc-no-issuer", user("auth-provider: {name: oidc, config: {client-id: c}}")),
        ("oidc-empty-client", user("auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i', client-id: ''}}")),
        ("oidc-no-config", user("auth-provider: {name: oidc}")),
        ("oidc-number", user("auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i', client-id: 3}}")),
        ("oidc-ca-no-base64", user("auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i', client-id: oidc-ca-no-base64, idp-certificate-authority-data: '!'}}")),
        ("oidc-ca-that-is-none", user(&format!("auth-provider: {{name: oidc, config: {{idp-issuer-url: 'https://i', client-id: oidc-ca-that-is-none, idp-certificate-authority-data: {garbage}}}}}"))),
        ("oidc-beside-token", user("token: t, auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i', client-id: c}}")),
        ("oidc-beside-basic", user("username: u, password: p, auth-provider: {name: oidc, config: {idp-issuer-url: 'https://i', client-id: c}}")),
        ("oidc-beside-exec", user("exec: {command: x, apiVersion: client.authentication.k8s.io/v1beta1}, auth-provider: {name: oidc}")),
        ("gcp", user("auth-provider: {name: gcp}")),
        ("azure", user("auth-provider: {name: azure, config: {x: y}}")),
        ("unknown-provider", user("auth-provider: {name: whatever}")),
        ("provider-without-name", user("auth-provider: {}")),
        ("provider-empty-name", user("auth-provider: {name: ''}")),
        ("provider-null", user("auth-provider: null, token: t")),
        ("token-with-line-break", user("token: \"a\\nb\"")),
    ])
}
