//! istiod behind a gateway, for clusters without a control plane of their own.

use serde_json::{Value, json};

use super::{HttpsExposure, IstiodExposure, Revision};

const API_VERSION: &str = "networking.istio.io/v1";
const GATEWAY: &str = "istiod-gateway";

/// The port on which istiod serves configuration and certificates to proxies, the same on gateway and istiod.
const XDS: u16 = 15012;
/// The port of the gateway on which API servers call the injection webhook.
const WEBHOOK: u16 = 15017;
/// The port of istiod's Service that traffic for [`WEBHOOK`] is routed to. Source: `templates/service.yaml` of the
/// chart istiod.
const WEBHOOK_SERVICE: u16 = 443;

/// Returns one Gateway, and a `VirtualService` for each revision. Without HTTPS, TLS is terminated by istiod, and the
/// revision without a name gets all requests that do not name another revision. With HTTPS, TLS is terminated by the
/// gateway, and a `DestinationRule` makes the gateway open a new TLS connection to istiod.
///
/// Source: `expose-istiod.yaml`, `expose-istiod-rev.yaml.tmpl` and `expose-istiod-https.yaml` in `samples/multicluster`
/// of Istio.
pub fn istiod(exposure: &IstiodExposure) -> Vec<Value> {
    if let Some(https) = &exposure.https {
        let unnamed = Revision::default();
        let revision = exposure.revisions.first().unwrap_or(&unnamed);
        return vec![
            https_gateway(exposure, https),
            https_routes(exposure, https, revision),
            https_onward(exposure, revision),
        ];
    }
    let mut objects = vec![passthrough_gateway(exposure)];
    objects.extend(
        exposure
            .revisions
            .iter()
            .map(|revision| passthrough_routes(exposure, revision)),
    );
    objects
}

fn object(exposure: &IstiodExposure, kind: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": exposure.namespace},
        "spec": spec
    })
}

fn passthrough_gateway(exposure: &IstiodExposure) -> Value {
    let server = |name: &str, number: u16| {
        json!({
            "port": {"name": name, "number": number, "protocol": "tls"},
            "tls": {"mode": "PASSTHROUGH"},
            "hosts": ["*"]
        })
    };
    let spec = json!({
        "selector": exposure.selector.labels(),
        "servers": [server("tls-istiod", XDS), server("tls-istiodwebhook", WEBHOOK)]
    });
    object(exposure, "Gateway", GATEWAY, &spec)
}

fn passthrough_routes(exposure: &IstiodExposure, revision: &Revision) -> Value {
    let (short, long) = hosts(exposure, revision);
    let names = match revision.name() {
        None => vec!["*"],
        Some(_) => vec![short.as_str(), long.as_str()],
    };
    let route = |port: u16, onward: u16| {
        json!({
            "match": [{"port": port, "sniHosts": names}],
            "route": [{"destination": {"host": long, "port": {"number": onward}}}]
        })
    };
    let spec = json!({
        "hosts": ["*"],
        "gateways": [GATEWAY],
        "tls": [route(XDS, XDS), route(WEBHOOK, WEBHOOK_SERVICE)]
    });
    object(
        exposure,
        "VirtualService",
        &revision.suffixed("istiod-vs"),
        &spec,
    )
}

fn https_gateway(exposure: &IstiodExposure, https: &HttpsExposure) -> Value {
    let server = |name: &str, number: u16| {
        json!({
            "port": {"name": name, "number": number, "protocol": "https"},
            "tls": {"mode": "SIMPLE", "credentialName": https.credential},
            "hosts": [https.host.as_str()]
        })
    };
    let spec = json!({
        "selector": exposure.selector.labels(),
        "servers": [server("https-istiod", XDS), server("https-istiodwebhook", WEBHOOK)]
    });
    object(exposure, "Gateway", GATEWAY, &spec)
}

fn https_routes(exposure: &IstiodExposure, https: &HttpsExposure, revision: &Revision) -> Value {
    let (_, host) = hosts(exposure, revision);
    let route = |port: u16, onward: u16| {
        json!({
            "match": [{"port": port}],
            "route": [{"destination": {"host": host, "port": {"number": onward}}}]
        })
    };
    let spec = json!({
        "hosts": [https.host.as_str()],
        "gateways": [GATEWAY],
        "http": [route(XDS, XDS), route(WEBHOOK, WEBHOOK_SERVICE)]
    });
    object(
        exposure,
        "VirtualService",
        &revision.suffixed("istiod-vs"),
        &spec,
    )
}

fn https_onward(exposure: &IstiodExposure, revision: &Revision) -> Value {
    let (_, host) = hosts(exposure, revision);
    let spec = json!({
        "host": host,
        "trafficPolicy": {
            "portLevelSettings": [
                {
                    "port": {"number": XDS},
                    "tls": {"mode": "SIMPLE"},
                    "connectionPool": {"http": {"h2UpgradePolicy": "UPGRADE"}}
                },
                {"port": {"number": WEBHOOK_SERVICE}, "tls": {"mode": "SIMPLE"}}
            ]
        }
    });
    object(
        exposure,
        "DestinationRule",
        &revision.suffixed("istiod-dr"),
        &spec,
    )
}

/// Returns the names of istiod's Service, without the cluster's domain and with it.
fn hosts(exposure: &IstiodExposure, revision: &Revision) -> (String, String) {
    let short = format!(
        "{}.{}.svc",
        revision.suffixed("istiod"),
        exposure.istio_namespace
    );
    let long = format!("{short}.{}", exposure.cluster_domain);
    (short, long)
}
