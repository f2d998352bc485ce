//! Parses the single values of a gateway, by the rules of the Kubernetes objects that hold them.

use std::net::IpAddr;

use super::{GatewayService, IpFamilyPolicy, ServiceType, is_text_in_yaml};
use crate::Error;
use crate::cluster_name::is_dns_label;
use crate::command::{Knob, Step};
use crate::network::is_label_value;

/// Returns the name of a gateway, which is that of a Service, and part of labels that Istio's chart does not quote.
/// Source: <https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service>.
pub(super) fn name(text: &str) -> Result<String, Error> {
    if is_dns_label(text) && is_text_in_yaml(text) {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!(
        "name {text:?} is not valid for a Service (a-z, 0-9 and '-', at most 63, a letter first, no word such as 'yes')"
    ))
    .hint(Step::example(Knob::Name, "istio-eastwestgateway")))
}

/// Returns a number of pods, at least one.
pub(super) fn replicas(text: &str) -> Result<u32, Error> {
    // Kubernetes' own number is a signed one.
    let number = text
        .parse::<u32>()
        .ok()
        .filter(|number| (1..=i32::MAX.unsigned_abs()).contains(number));
    number.ok_or_else(|| Error::usage(format!("replicas {text:?} is not a number of at least 1")))
}

/// Splits `KEY=VALUE`; the value may contain the sign again.
pub(super) fn annotation(text: &str) -> Result<(String, String), Error> {
    match text.split_once('=') {
        Some((key, value)) if is_qualified_name(key) => Ok((key.to_owned(), value.to_owned())),
        Some((key, _)) => Err(Error::usage(format!(
            "annotation {text:?} has no good key: {key:?} is not [PREFIX/]NAME"
        ))
        .hint(example())),
        None => Err(Error::usage(format!("annotation {text:?} has no value")).hint(example())),
    }
}

fn example() -> Step {
    let annotation = "service.beta.kubernetes.io/aws-load-balancer-type=external";
    Step::example(Knob::Annotation, annotation)
}

/// Returns the class of a load balancer, which has the form of a label's key.
/// Source: `loadBalancerClass` in <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/>.
pub(super) fn class(text: &str, service_type: ServiceType) -> Result<String, Error> {
    if !is_qualified_name(text) {
        let error = Error::usage(format!("load balancer class {text:?} is not [PREFIX/]NAME"));
        return Err(error.hint(Step::example(
            Knob::LoadBalancerClass,
            "service.k8s.aws/nlb",
        )));
    }
    needs_load_balancer(
        "a load balancer class",
        Knob::LoadBalancerClass,
        service_type,
    )
    .map(|()| text.to_owned())
}

/// Returns an address that Kubernetes accepts as an external IP.
/// Source: `ValidateNonSpecialIP` in Kubernetes' `pkg/apis/core/validation`.
pub(super) fn external_ip(text: &str) -> Result<IpAddr, Error> {
    let address: IpAddr = text
        .parse()
        .map_err(|_| Error::usage(format!("external IP {text:?} is not an address")))?;
    let special = match address {
        IpAddr::V4(v4) => {
            v4.is_link_local() || (v4.is_multicast() && v4.octets()[..3] == [224, 0, 0])
        }
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.segments()[0] == 0xff02,
    };
    if address.is_unspecified() || address.is_loopback() || special {
        return Err(Error::usage(format!(
            "external IP {text} cannot be reached from other networks, and Kubernetes refuses it"
        )));
    }
    Ok(address)
}

/// Returns an address for a load balancer.
pub(super) fn load_balancer_ip(text: &str, service_type: ServiceType) -> Result<IpAddr, Error> {
    needs_load_balancer("a load balancer IP", Knob::LoadBalancerIp, service_type)?;
    text.parse()
        .map_err(|_| Error::usage(format!("load balancer IP {text:?} is not an address")))
}

/// Returns a network in CIDR notation, as it was given.
/// Source: `ValidateService` in Kubernetes' `pkg/apis/core/validation`, where they are for a load balancer alone.
pub(super) fn source_range(text: &str, service_type: ServiceType) -> Result<String, Error> {
    let range = Knob::LoadBalancerSourceRange;
    needs_load_balancer("a source range", range, service_type)?;
    let is_good = text.split_once('/').is_some_and(|(address, bits)| {
        let most = match address.parse() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        let plain = bits == "0" || !bits.starts_with(['0', '+']);
        plain && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    if is_good {
        return Ok(text.to_owned());
    }
    Err(
        Error::usage(format!("source range {text:?} is not a network"))
            .hint(Step::example(range, "203.0.113.0/24")),
    )
}

fn needs_load_balancer(what: &str, knob: Knob, service_type: ServiceType) -> Result<(), Error> {
    match service_type {
        ServiceType::LoadBalancer => Ok(()),
        ServiceType::NodePort | ServiceType::ClusterIp => Err(Error::usage(format!(
            "{what} needs a load balancer, and the service type is {}",
            service_type.as_str()
        ))
        .hint(
            Step::new("omit ")
                .knob(knob)
                .text(" or ")
                .knob(Knob::ServiceType),
        )),
    }
}

/// Returns an error where Kubernetes would refuse the IP families.
/// Source: <https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services>.
pub(super) fn ip_families(service: &GatewayService) -> Option<Error> {
    let families = &service.ip_families;
    if families.len() > 2 || (families.len() == 2 && families[0] == families[1]) {
        return Some(
            Error::usage("an IP family is named twice")
                .hint(Step::example(Knob::IpFamily, "IPv4,IPv6")),
        );
    }
    let is_single = matches!(
        service.ip_family_policy,
        None | Some(IpFamilyPolicy::SingleStack)
    );
    (families.len() == 2 && is_single).then(|| {
        let step = Step::new("add ").set(Knob::IpFamilyPolicy, "RequireDualStack");
        Error::usage("two IP families need a policy for both")
            .hint(step.text(", or PreferDualStack"))
    })
}

/// Returns whether `text` is `[PREFIX/]NAME`, the form of keys of labels and annotations.
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set>.
pub(super) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        None => is_label_value(text),
        Some((prefix, name)) => {
            prefix.len() <= 253 && prefix.split('.').all(is_dns_label) && is_label_value(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_services() {
        for good in ["istio-eastwestgateway", "a", "istio-1", &"x".repeat(63)] {
            assert_eq!(name(good).unwrap(), good);
        }
        for bad in ["", "1a", "A", "a.b", "yes", "null", "-a", &"x".repeat(64)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn annotations_have_keys_and_values() {
        for (text, key, value) in [
            ("a=b", "a", "b"),
            ("x.io/A_b.c=", "x.io/A_b.c", ""),
            ("a=b=c,d", "a", "b=c,d"),
        ] {
            assert_eq!(
                annotation(text).unwrap(),
                (key.to_owned(), value.to_owned())
            );
        }
        for bad in ["a", "=b", "a b=c", "X.io/a=b", "a/b/c=d", "/a=b", "a/=b"] {
            assert!(annotation(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn external_ips_can_be_reached() {
        for good in ["203.0.113.7", "10.0.0.1", "2001:db8::7", "239.0.0.1"] {
            assert_eq!(external_ip(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "west.example.com",
            "010.0.0.1",
            "10.0.0.1/32",
            "[::1]",
            "127.0.0.1",
            "0.0.0.0",
            "169.254.1.1",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(external_ip(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn source_ranges_are_networks() {
        let balancer = ServiceType::LoadBalancer;
        for good in [
            "203.0.113.0/24",
            "0.0.0.0/0",
            "2001:db8::/32",
            "10.1.2.3/32",
        ] {
            assert_eq!(source_range(good, balancer).unwrap(), good);
        }
        for bad in [
            "203.0.113.0",
            "203.0.113.0/33",
            "2001:db8::/129",
            "a/8",
            "1.2.3.4/08",
            "1.2.3.4/+8",
            "/8",
            "1.2.3.4/",
        ] {
            assert!(source_range(bad, balancer).is_err(), "{bad}");
        }
        assert!(source_range("10.0.0.0/8", ServiceType::NodePort).is_err());
        assert!(load_balancer_ip("10.0.0.1", balancer).is_ok());
        assert!(load_balancer_ip("x", balancer).is_err());
        assert!(load_balancer_ip("10.0.0.1", ServiceType::ClusterIp).is_err());
    }

    #[test]
    fn two_families_need_a_policy_for_two() {
        use crate::gateway::IpFamily::{V4, V6};
        for (ip_families, ip_family_policy, good) in [
            (vec![V6], None, true),
            (vec![V4, V6], Some(IpFamilyPolicy::PreferDualStack), true),
            (vec![], Some(IpFamilyPolicy::RequireDualStack), true),
            (vec![V4, V6], None, false),
            (vec![V4, V6], Some(IpFamilyPolicy::SingleStack), false),
            (vec![V4, V4], Some(IpFamilyPolicy::PreferDualStack), false),
            (
                vec![V4, V6, V4],
                Some(IpFamilyPolicy::PreferDualStack),
                false,
            ),
        ] {
            let service = GatewayService {
                ip_family_policy,
                ip_families,
                ..GatewayService::default()
            };
            assert_eq!(super::ip_families(&service).is_none(), good, "{service:?}");
        }
    }

    #[test]
    fn classes_need_a_load_balancer_and_replicas_are_some() {
        let balancer = ServiceType::LoadBalancer;
        assert!(
            class("service.k8s.aws/nlb", balancer).is_ok() && class("tailscale", balancer).is_ok()
        );
        assert!(class("a b", balancer).is_err() && class("a", ServiceType::NodePort).is_err());
        for (text, number) in [
            ("1", Some(1)),
            ("05", Some(5)),
            ("2147483647", Some(i32::MAX.unsigned_abs())),
        ] {
            assert_eq!(replicas(text).ok(), number);
        }
        for bad in ["0", "-1", "", "x", "1.5", "2147483648"] {
            assert!(replicas(bad).is_err(), "{bad}");
        }
    }
}
