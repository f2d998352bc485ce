//! Kubeconfigs, flags and servers as people have them: what is reached, and what is said of the way there.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use mesh_testkit::black_box::writes;
use mesh_testkit::command::Output;
use mesh_testkit::kubeconfig::{Cluster, Kubeconfig, User};
use serde_json::Value;

use crate::support::World;

/// East and west, each in a file of its own, whose entries have the same names as in files of many tools.
fn alike(world: &World) -> String {
    let file = |name: &str, context: &str, cluster: Cluster, user: User| {
        Kubeconfig::new()
            .cluster("kubernetes", cluster)
            .user("admin", user)
            .context(context, "kubernetes", "admin")
            .write(&world.dir.path().join(name));
    };
    let (east, west) = (&world.east, &world.west);
    file(
        "east.conf",
        "east",
        east.kubeconfig_cluster(),
        east.kubeconfig_user(),
    );
    file(
        "west.conf",
        "west",
        west.kubeconfig_cluster(),
        west.kubeconfig_user(),
    );
    ["east.conf", "west.conf"]
        .map(|name| world.dir.path().join(name).display().to_string())
        .join(":")
}

fn refused_for_the_hidden_cluster(output: &Output) {
    assert_eq!(output.code, 2, "{}", output.golden());
    let text = &output.stderr;
    assert!(
        text.contains("its cluster kubernetes is hidden by another cluster of that name in"),
        "{text}"
    );
    assert!(text.contains("east.conf, which comes first"), "{text}");
    assert!(!text.contains("same cluster"), "{text}");
}

#[test]
fn two_files_that_use_one_name_do_not_make_west_east() {
    let world = World::new();
    let files = alike(&world);
    for line in [
        "exchange --context east,west --yes",
        "create --context west --name west --allow-loopback",
        "list --context east,west",
    ] {
        let output = world.run(line).env("KUBECONFIG", &files).output();
        refused_for_the_hidden_cluster(&output);
    }
    assert!(writes(&world.east).is_empty() && writes(&world.west).is_empty());
    let all = world
        .run("list --all-contexts")
        .env("KUBECONFIG", &files)
        .output();
    assert_eq!(all.code, 3, "{}", all.golden());
    assert!(
        all.golden().contains("is hidden by another cluster"),
        "{}",
        all.golden()
    );
}

#[test]
fn one_file_with_a_name_twice_writes_nowhere() {
    let world = World::new();
    let text = world.kubeconfig().to_yaml();
    let pasted = text.replace("users:", "users:\n- {name: west, user: {token: other}}");
    assert_ne!(text, pasted);
    std::fs::write(world.config(), pasted).unwrap();
    let output = world
        .run("create --name west --into east --allow-loopback")
        .output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output.stderr.contains(r#"two users are called "west""#),
        "{}",
        output.golden()
    );
    assert!(writes(&world.east).is_empty() && writes(&world.west).is_empty());
}

#[test]
fn ranchers_proxy_takes_no_token_of_a_service_account() {
    let world = World::new();
    let server = format!("{}/k8s/clusters/c-1", world.west.server_url());
    let output = world
        .run("create --name west --allow-loopback --server")
        .arg(&server)
        .output();
    assert_eq!(output.code, 2, "{}", output.golden());
    assert!(
        output
            .stderr
            .contains("is Rancher's proxy, which accepts only Rancher's own tokens"),
        "{}",
        output.golden()
    );
    let hint = output.stderr.lines().find(|line| line.starts_with("hint:"));
    assert!(
        hint.is_some_and(|hint| hint.contains("authorized cluster endpoint")),
        "{}",
        output.golden()
    );
}

#[test]
fn every_manifest_that_is_named_is_read() {
    let world = World::new();
    let secret = |name: &str, value: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\nstringData: {{west: '{value}'}}\n"
        );
        std::fs::write(world.dir.path().join(name), text).unwrap();
    };
    secret("one", "x");
    secret("two", "y");
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(
            std::fs::read_to_string(world.dir.path().join("two"))
                .unwrap()
                .replace("two", "three")
                .encode_utf16(),
        )
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(world.dir.path().join("three"), wide).unwrap();
    for (line, expected) in [
        ("inspect -f one -f two -o name", "secret/one\nsecret/two\n"),
        ("inspect -f one,two -o name", "secret/one\nsecret/two\n"),
        (
            "inspect -f three -f one,two -o name",
            "secret/three\nsecret/one\nsecret/two\n",
        ),
    ] {
        let output = world.run(line).output();
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (1, expected),
            "{}",
            output.golden()
        );
    }
    let both = world.run("inspect -f nowhere -f neither").output();
    assert!(
        both.stderr.contains("cannot read nowhere") && both.stderr.contains("cannot read neither")
    );
}

#[test]
fn help_and_version_are_verbs_too() {
    let world = World::new();
    for (verb, flag) in [
        ("help", "--help"),
        ("help create", "create --help"),
        ("help completion bash", "completion bash --help"),
        ("version", "--version"),
    ] {
        let [verb, flag] = [verb, flag].map(|line| world.run(line).output());
        assert_eq!((verb.code, verb.stdout), (flag.code, flag.stdout));
    }
}

/// A server without TLS that refuses every request, and keeps what it was asked.
fn plain_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&part[..read]),
                }
            }
            let request = String::from_utf8_lossy(&request).to_ascii_lowercase();
            kept.lock().unwrap().push(request);
            let body = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","code":401}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (address, asked)
}

#[test]
fn a_token_is_not_sent_without_tls_and_nothing_is_said_of_it() {
    let world = World::new();
    let (server, asked) = plain_server();
    let kubeconfig = Kubeconfig::single(
        "west",
        Cluster::new(&server),
        User::new().token("s3cret-token"),
    );
    let secret = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "west", "namespace": "istio-system", "labels": {"istio/multiCluster": "true"}},
        "stringData": {"west": kubeconfig.to_yaml()},
    });
    std::fs::write(world.dir.path().join("secret"), secret.to_string()).unwrap();
    let output = world
        .run("inspect -f secret --probe --allow-loopback -o json")
        .output();
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let cluster = &report["items"][0]["clusters"][0];
    let findings = cluster["findings"].as_array().unwrap();
    let wants = findings.iter().any(|finding| {
        finding["id"] == "secret-server-scheme"
            && finding["severity"] == "error"
            && finding["message"]
                .as_str()
                .unwrap()
                .contains("istiod sends none without TLS")
    });
    assert!(wants, "{}", output.golden());
    assert!(
        !findings
            .iter()
            .any(|finding| finding["id"] == "secret-token-invalid")
    );
    let asked = asked.lock().unwrap();
    assert!(!asked.is_empty());
    for request in asked.iter() {
        assert!(
            !request.contains("authorization") && !request.contains("s3cret"),
            "{request}"
        );
    }
}

#[test]
fn create_reads_its_source_with_the_token_and_the_authority_of_flags() {
    let world = World::new();
    let nobody = User::new().token("not-a-token-of-this-cluster");
    let cluster = Cluster::new(world.west.server_url());
    let config = world.kubeconfig();
    world.write(&config.entry("bare", cluster, nobody));
    let line = "create --context bare --name west --allow-loopback";
    let refused = world.run(line).output();
    assert_eq!(refused.code, 2, "{}", refused.golden());
    std::fs::write(world.dir.path().join("ca.pem"), world.west.ca_pem()).unwrap();
    let token = world.west.admin_token();
    let line = format!("{line} --token {token} --certificate-authority ca.pem");
    let printed = world
        .run(&line)
        .manifest_requested()
        .output()
        .expect_success();
    // The secret has the reader's token.
    assert!(
        printed
            .stdout
            .contains(&crate::support::reader_token(&world.west))
    );
    assert!(!printed.stdout.contains(token));
    // The holder is reached as the kubeconfig says.
    let applied = world.run(&format!("{line} --into east")).output();
    assert_eq!(applied.code, 0, "{}", applied.golden());
}

#[test]
fn verbs_of_several_clusters_refuse_a_token_for_one() {
    let world = World::new();
    for verb in ["exchange --context east,west", "rotate --all"] {
        let line = format!("{verb} --token very-secret --certificate-authority ca.pem");
        let output = world.run(&line).output();
        assert_eq!(output.code, 2, "{}", output.golden());
        let sentence = "--token, --certificate-authority can be used for one cluster only";
        assert!(output.stderr.contains(sentence), "{}", output.golden());
        assert!(!output.stderr.contains("very-secret"));
    }
    assert!(writes(&world.east).is_empty() && writes(&world.west).is_empty());
}
