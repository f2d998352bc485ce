//! The port of an east-west gateway by which other networks reach services.
//!
//! Source: `DefaultNetworkGatewayPort` and `getGatewayDetails` in Istio's
//! `pilot/pkg/serviceregistry/kube/controller/network.go`.

/// The port of a gateway without the label [`GATEWAY_PORT_LABEL`](crate::names::GATEWAY_PORT_LABEL).
pub const SERVICES_PORT: u16 = 15443;

/// Returns the port that the label's value names. istiod ignores a value that is not a number.
pub(crate) fn labelled(value: Option<&str>) -> Option<i32> {
    value?.parse().ok()
}

/// Returns the port of a gateway whose label has this value.
pub(crate) fn services_port(value: Option<&str>) -> i32 {
    labelled(value).unwrap_or_else(|| SERVICES_PORT.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_no_number_counts_as_not_set() {
        for (value, port) in [
            (None, 15443),
            (Some("443"), 443),
            (Some("many"), 15443),
            (Some(""), 15443),
            (Some("70000"), 70000),
        ] {
            assert_eq!(services_port(value), port, "{value:?}");
        }
    }
}
