//! The shape of a command: its programs with their verbs and flags, and nothing of what is a name or a value.

/// Programs that a printed command may begin with.
const PROGRAMS: [&str; 10] = [
    "kubectl", "istioctl", "helm", "curl", "openssl", "getent", "ls", "mv", "base64", "export",
];

/// Verbs of kubectl after which another one comes.
const HAVE_VERBS: [&str; 8] = [
    "config",
    "auth",
    "rollout",
    "set",
    "plugin",
    "mesh-secret",
    "mesh-label",
    "mesh-eastwest",
];

/// Verbs of kubectl after which a kind comes, and of ours after which it is said what.
const HAVE_KINDS: [&str; 7] = [
    "create", "get", "describe", "label", "annotate", "patch", "expose",
];

/// Flags without a value.
const SWITCHES: [&str; 10] = [
    "--overwrite",
    "--allow-loopback",
    "--revoke",
    "--all-contexts",
    "--ambient",
    "--minify",
    "--reuse-values",
    "-A",
    "-vk",
    "-showcerts",
];

/// Flags that name the cluster alone, and the one that says that all of them are on this machine, as they are in tests.
const CONNECTION: [&str; 7] = [
    "--context",
    "--kubeconfig",
    "--kube-context",
    "--cluster",
    "--user",
    "-n",
    "--allow-loopback",
];

/// Tells by its first word whether a printed text is a command.
pub(crate) fn is_command(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    PROGRAMS.contains(&first)
}

/// The words of a line as a shell parts them. What is printed has no quotes but single ones.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' => {
                let quoted: String = rest.by_ref().take_while(|c| *c != '\'').collect();
                word.get_or_insert_default().push_str(&quoted);
            }
            '\\' => word.get_or_insert_default().extend(rest.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The shape of a command line.
pub(crate) fn shape(line: &str) -> String {
    let words = words(line);
    let mut shapes = Vec::new();
    for part in words.split_inclusive(|word| is_joint(word)) {
        let (joint, program) = match part.split_last() {
            Some((last, program)) if is_joint(last) => (Some(last), program),
            _ => (None, part),
        };
        shapes.push(of_program(program));
        shapes.extend(joint.cloned());
    }
    shapes.join(" ")
}

fn is_joint(word: &str) -> bool {
    word == "|" || word == "&&"
}

fn of_program(words: &[String]) -> String {
    let Some((program, rest)) = words.split_first() else {
        return String::new();
    };
    let is_ours = rest.first().is_some_and(|word| word.starts_with("mesh-"));
    let mut shape = vec![program.clone()];
    // How many words are still verbs and kinds.
    let mut verbs = usize::from(["kubectl", "helm", "istioctl"].contains(&program.as_str()));
    let mut rest = rest.iter().peekable();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') {
            if verbs > 0 {
                verbs -= 1;
                let word = word.as_str();
                verbs += usize::from(HAVE_VERBS.contains(&word) || HAVE_KINDS.contains(&word));
                shape.push(word.to_owned());
            } else if word.ends_with('-') {
                shape.push("KEY-".to_owned());
            }
            continue;
        }
        let (flag, has_value) = match word.split_once('=') {
            Some((flag, _)) => (flag, true),
            None => (word.as_str(), SWITCHES.contains(&word.as_str())),
        };
        if !has_value {
            rest.next_if(|value| !value.starts_with('-'));
        }
        let is_plain = CONNECTION.contains(&flag) && !(is_ours && flag == "--context");
        if !is_plain {
            shape.push(flag.to_owned());
        }
    }
    shape.join(" ")
}

#[test]
fn a_shape_has_verbs_and_flags_alone() {
    for (line, expected) in [
        (
            "kubectl --kubeconfig 'my k' --context west -n shop label service web istio.io/a=b --overwrite",
            "kubectl label service --overwrite",
        ),
        (
            "kubectl label service web istio.io/a-",
            "kubectl label service KEY-",
        ),
        (
            "kubectl --context west patch service web --type json -p '[{\"op\": \"add\"}]'",
            "kubectl patch service --type -p",
        ),
        (
            "kubectl mesh-eastwest expose services --port 1 | kubectl --context west apply -f -",
            "kubectl mesh-eastwest expose services --port | kubectl apply -f -",
        ),
        (
            "kubectl mesh-secret create --context=-x --name 'it'\\''s' --into east",
            "kubectl mesh-secret create --context --name --into",
        ),
        (
            "kubectl --context west auth can-i list services -A",
            "kubectl auth can-i -A",
        ),
        (
            "kubectl mesh-secret create --context a --into b --allow-loopback --token-duration 1h",
            "kubectl mesh-secret create --context --into --token-duration",
        ),
        ("curl -vk https://WEST/livez", "curl -vk"),
        ("kubectl get --raw '/readyz?verbose'", "kubectl get --raw"),
    ] {
        assert_eq!(shape(line), expected, "{line}");
    }
}
