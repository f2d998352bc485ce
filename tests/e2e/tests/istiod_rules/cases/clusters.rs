//! Servers, CAs and proxies. A case is a line.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::pki::CertificateAuthority;

use super::case::{Case, Wiring, of, plain, with_cluster};

#[rustfmt::skip]
pub(super) fn clusters(ca: &CertificateAuthority) -> Vec<Case> {
    let pem = ca.certificate_pem();
    let bundle = BASE64_STANDARD.encode(&pem);
    let broken_up = format!(
        "\"{}\"",
        bundle
            .as_bytes()
            .chunks(60)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect::<Vec<_>>()
            .join("\\n")
    );
    let encoded = |text: &str| BASE64_STANDARD.encode(text);
    let cluster = |text: &str| of(text, "token: t");
    let data = |text: &str| cluster(&format!("certificate-authority-data: {text}"));
    let server = |text: &str| with_cluster(&format!("server: {text}"), "token: t");
    plain(&[
        ("ca", data(&bundle)),
        ("ca-in-lines", data(&broken_up)),
        ("ca-twice-the-same", data(&encoded(&format!("{pem}{pem}")))),
        ("ca-with-text-around", data(&encoded(&format!("# a comment\n{pem}trailing")))),
        ("ca-and-garbage", data(&encoded(&format!("{pem}-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n" )))),
        ("ca-that-is-none", data(&encoded("garbage"))),
        ("ca-broken-der", data(&encoded("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))),
        ("ca-is-a-key", data(&encoded(&ca.client("x", &[]).key_pem))),
        ("ca-without-padding", data(bundle.trim_end_matches('='))),
        ("ca-without-padding-cut", data("YQ")),
        ("ca-odd-last-bits", data("YR==")),
        ("ca-no-base64", data("'!'")),
        ("ca-url-base64", data("'--__'")),
        ("ca-empty", data("''")),
        ("ca-null", data("null")),
        ("ca-number", data("3")),
        ("ca-list-of-bytes", data("[45, 45]")),
        ("ca-binary-tag", data("!!binary aGk=")),
        ("ca-file-and-data", cluster(&format!("certificate-authority: /dev/null, certificate-authority-data: {bundle}"))),
        ("insecure", cluster("insecure-skip-tls-verify: true")),
        ("insecure-and-ca", cluster(&format!("insecure-skip-tls-verify: true, certificate-authority-data: {bundle}"))),
        ("insecure-and-no-ca", cluster(&format!("insecure-skip-tls-verify: true, certificate-authority-data: {}", encoded("garbage") ))),
        ("insecure-and-ca-file", cluster("insecure-skip-tls-verify: true, certificate-authority: /dev/null")),
        ("insecure-false-and-ca", cluster(&format!("insecure-skip-tls-verify: false, certificate-authority-data: {bundle}"))),
        ("insecure-text", cluster("insecure-skip-tls-verify: 'true'")),
        ("insecure-old-boolean", cluster("insecure-skip-tls-verify: yes")),
        ("insecure-number", cluster("insecure-skip-tls-verify: 1")),
        ("compression", cluster("disable-compression: true")),
        ("compression-text", cluster("disable-compression: 'true'")),
        ("tls-name", cluster("tls-server-name: h")),
        ("tls-name-number", cluster("tls-server-name: 1")),
        ("proxy-http", cluster("proxy-url: 'http://p:1'")),
        ("proxy-https", cluster("proxy-url: 'https://p:1'")),
        ("proxy-socks5", cluster("proxy-url: 'socks5://p:1'")),
        ("proxy-socks5h", cluster("proxy-url: 'socks5h://p:1'")),
        ("proxy-ftp", cluster("proxy-url: 'ftp://p:1'")),
        ("proxy-capitals", cluster("proxy-url: 'HTTP://p:1'")),
        ("proxy-without-scheme", cluster("proxy-url: 'p:1'")),
        ("proxy-name-alone", cluster("proxy-url: p")),
        ("proxy-without-host", cluster("proxy-url: 'http://'")),
        ("proxy-odd-port", cluster("proxy-url: 'http://p:x'")),
        ("proxy-odd-escape", cluster("proxy-url: 'http://p/%zz'")),
        ("proxy-space", cluster("proxy-url: 'http://p q'")),
        ("proxy-user", cluster("proxy-url: 'http://u:p@p:1'")),
        ("server-empty", server("''")),
        ("server-missing", with_cluster("", "token: t")),
        ("server-missing-with-name", with_cluster("tls-server-name: h", "token: t")),
        ("server-without-scheme", server("'127.0.0.1:1'")),
        ("server-without-scheme-with-ca", with_cluster(&format!("server: '127.0.0.1:1', certificate-authority-data: {bundle}"), "token: t")),
        ("server-without-scheme-bad-ca", with_cluster(&format!("server: '127.0.0.1:1', certificate-authority-data: {}", encoded("garbage") ), "token: t")),
        ("server-http", server("'http://127.0.0.1:1'")),
        ("server-http-bad-ca", with_cluster(&format!("server: 'http://127.0.0.1:1', certificate-authority-data: {}", encoded("garbage") ), "token: t")),
        ("server-ftp", server("'ftp://127.0.0.1:1'")),
        ("server-name", server("h")),
        ("server-path", server("'https://127.0.0.1:1/k8s/c-1'")),
        ("server-name-with-path", server("'h/k8s/c-1'")),
        ("server-query", server("'https://127.0.0.1:1/?a=b'")),
        ("server-odd-port", server("'https://127.0.0.1:x'")),
        ("server-odd-escape", server("'https://127.0.0.1:1/%zz'")),
        ("server-space", server("'https://h h'")),
        ("server-blank-before", server("' https://127.0.0.1:1'")),
        ("server-without-host", server("'https://'")),
        ("server-path-alone", server("'/k8s'")),
        ("server-scheme-alone", server("'https:'")),
        ("server-opaque", server("'https:127.0.0.1:1'")),
        ("server-ipv6", server("'https://[::1]:1'")),
        ("server-ipv6-open", server("'https://[::1:1'")),
        ("server-user", server("'https://u:p@127.0.0.1:1'")),
        ("server-capitals", server("'HTTPS://127.0.0.1:1'")),
        ("server-number", server("3")),
        ("server-control", server("\"https://h\\x01\"")),
    ])
}

pub(super) fn files() -> Vec<Case> {
    let case = |name, path| {
        let kubeconfig = of(&format!("certificate-authority: {path}"), "token: t");
        Case::wired(name, name, kubeconfig, Wiring::OnIstiodsDisk)
    };
    vec![
        case("ca-file", "/dev/null"),
        case("ca-file-missing", "/nowhere/ca.crt"),
        case("ca-file-is-folder", "/"),
    ]
}
