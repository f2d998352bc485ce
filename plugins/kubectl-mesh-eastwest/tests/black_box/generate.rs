//! `generate`: golden files of what it prints, of its help and of what it refuses.

use mesh_testkit::command::{Output, Run};
use snapbox::{Data, assert_data_eq};

fn generate(line: &str) -> Run {
    Run::new(env!("CARGO_BIN_EXE_kubectl-mesh_eastwest"))
        .arg("generate")
        .args(line.split_whitespace())
}

fn compare(name: &str, output: &Output) {
    let golden = format!(
        "{}/tests/black_box/generate/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    assert_data_eq!(
        output.golden(),
        Data::read_from(golden.as_ref(), None).raw()
    );
}

/// A table of cases: a name and a command line each, compared with the golden file of that name.
macro_rules! cases {
    ($($name:ident: $line:expr;)+) => {
        $(#[test] fn $name() { compare(stringify!($name), &generate($line).output()); })+
    };
}

cases! {
    // Each format, and all that it can say.
    manifest: "--network network1";
    manifest_everything: "--network network1 --revision canary --name istio-east -n mesh --service-type LoadBalancer --annotation a.io/b=c --annotation d=e=f --load-balancer-class x.io/nlb --external-ip 203.0.113.7,2001:db8::7 --external-ip 203.0.113.7 --replicas 3 --ports status-port,tls=443,api=6443:7443";
    manifest_single_cluster: "--single-cluster";
    manifest_one_replica: "--network network1 --replicas 1";
    iop: "--network network1 --format iop";
    iop_everything: "--network network1 --format iop --revision canary --name istio-east -n mesh --service-type LoadBalancer --annotation a.io/b=c --load-balancer-class x.io/nlb --external-ip 203.0.113.7 --replicas 3 --ports status-port,tls=443,api=6443:7443";
    iop_single_cluster: "--single-cluster --format iop";
    helm: "--network network1 --format helm";
    helm_everything: "--network network1 --format helm --revision canary --name istio-east --annotation a.io/b=c --load-balancer-class x.io/nlb --external-ip 203.0.113.7 --replicas 3 --ports status-port,tls=443,api=6443:7443";
    helm_single_cluster: "--single-cluster --format helm";
    helm_name_like_a_number: "--network network1 --format helm --name istio-1";
    gateway_api: "--network network1 --format gateway-api";
    gateway_api_everything: "--network network1 --format gateway-api --revision canary --name istio-east -n mesh --service-type NodePort --annotation traffic.istio.io/nodeSelector={} --ports status-port,tls=443,tls-istiod --cluster-domain corp.example";
    gateway_api_single_cluster: "--single-cluster --format gateway-api";
    ambient: "--network network1 --ambient";
    manifest_internal: "--network network1 --load-balancer-ip 10.1.2.3 --load-balancer-source-range 10.0.0.0/8,2001:db8::/32 --external-traffic-policy Local --internal-traffic-policy Local --ip-family-policy RequireDualStack --ip-family IPv6,IPv4 --node-selector edge=yes --toleration dedicated=gateways:NoSchedule,spot --platform openshift";
    iop_internal: "--network network1 --format iop --load-balancer-ip 10.1.2.3 --load-balancer-source-range 10.0.0.0/8,2001:db8::/32 --external-traffic-policy Local --internal-traffic-policy Local --ip-family-policy RequireDualStack --ip-family IPv6,IPv4 --node-selector edge=yes --toleration dedicated=gateways:NoSchedule,spot --platform openshift";
    helm_internal: "--network network1 --format helm --load-balancer-ip 10.1.2.3 --load-balancer-source-range 10.0.0.0/8,2001:db8::/32 --external-traffic-policy Local --internal-traffic-policy Local --ip-family-policy RequireDualStack --ip-family IPv6,IPv4 --node-selector edge=yes --toleration dedicated=gateways:NoSchedule,spot --platform openshift";
    gateway_api_with_address: "--network network1 --format gateway-api --load-balancer-ip 10.1.2.3";
    ambient_with_address: "--network network1 --ambient --load-balancer-ip 10.1.2.3";
    ambient_everything: "--network network1 --ambient --format gateway-api --revision canary --name istio-east -n mesh --service-type NodePort --annotation traffic.istio.io/nodeSelector={}";

    // Words that a reader of YAML takes for something else stay texts.
    network_like_a_number: "--network 123 --format iop";
    network_like_a_boolean: "--network yes --format helm";

    // As the script takes its flags.
    mesh_and_cluster_do_nothing: "--mesh mesh1 --cluster cluster1 --network network1 --ambient";
    empty_is_not_given: "--network network1 --revision= --name= --replicas= --load-balancer-class= --mesh= --cluster= --external-ip= --ports= --annotation= --format helm";
    the_last_one_counts: "--network network2 --network network1 --format iop --format helm";
    single_cluster_leaves_the_network_out: "--single-cluster --network network1 --format helm";

    // What is allowed and worth a word.
    node_port_without_nodes: "--network network1 --service-type NodePort --format helm";
    cluster_ip_without_address: "--network network1 --service-type ClusterIP --format helm";
    cluster_ip_with_address: "--network network1 --service-type ClusterIP --external-ip 203.0.113.7 --format helm";

    // Refused.
    no_network: "";
    no_network_for_ambient: "--ambient --single-cluster";
    network_empty: "--network=";
    network_bad: "--network net/1";
    stray_word: "--network network1 stray";
    flag_unknown: "--network network1 --netwrok x";
    value_missing: "--network";
    format_unknown: "--network network1 --format yaml";
    service_type_unknown: "--network network1 --service-type loadbalancer";
    several_bad: "--network net/1 --revision 1.31 --name Gateway --annotation a --annotation b=1 --annotation b=2 --external-ip 127.0.0.1,nowhere --replicas 0 --ports tls=0,api --load-balancer-class a/b/c";
    several_bad_about_nodes_and_balancers: "--network network1 --load-balancer-ip x --load-balancer-source-range 10.0.0.0/33 --ip-family IPv4,IPv6 --node-selector a --toleration a:Never";
    balancer_of_a_cluster_ip: "--network network1 --service-type ClusterIP --load-balancer-ip 10.1.2.3 --load-balancer-source-range 10.0.0.0/8 --external-traffic-policy Local";
    gateway_api_without_words_for_nodes: "--network network1 --format gateway-api --load-balancer-ip 10.1.2.3 --load-balancer-source-range 10.0.0.0/8,2001:db8::/32 --external-traffic-policy Local --internal-traffic-policy Local --ip-family-policy RequireDualStack --ip-family IPv6,IPv4 --node-selector edge=yes --toleration dedicated=gateways:NoSchedule,spot --platform openshift";
    ports_without_tls: "--network network1 --ports status-port";
    ports_twice: "--network network1 --ports tls,tls,status-port=15443";
    class_of_a_node_port: "--network network1 --service-type NodePort --load-balancer-class x --annotation traffic.istio.io/nodeSelector={}";
    ambient_as_another_format: "--network network1 --ambient --format iop";
    ambient_without_words: "--network network1 --ambient --replicas 2 --load-balancer-class x --external-ip 203.0.113.7 --ports tls --cluster-domain corp.example";
    gateway_api_without_words: "--network network1 --format gateway-api --replicas 2 --load-balancer-class x --external-ip 203.0.113.7 --ports tls=443:15443";
    helm_names_no_namespace: "--network network1 --format helm -n mesh";
    cluster_domain_elsewhere: "--network network1 --cluster-domain corp.example";
    cluster_domain_bad: "--network network1 --format gateway-api --cluster-domain *.corp.example";

    // Help at the usual width.
    help_short: "-h";
    help: "--help";
}

#[test]
fn help_at_80_columns() {
    let help = generate("--help").env("COLUMNS", "80").output();
    compare("help_80", &help);
    let short = generate("-h").env("COLUMNS", "80").output();
    compare("help_short_80", &short);
    for line in help.stdout.lines().chain(short.stdout.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_closed_pipe_is_silent() {
    let output = generate("--network network1").stdout_closed().output();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
}
