//! Compares two manifests without ever showing what is in them: they hold tokens.

use mesh_testkit::command::Output;
use serde_json::Value;

/// Both went well and printed the same secret, down to the byte.
pub(crate) fn same(line: &str, theirs: &Output, ours: &Output) {
    let (left, right) = (parsed(line, theirs), parsed(line, ours));
    if let Some(path) = difference(&left, &right) {
        panic!("{line}: the secrets differ at {path}\n{}", ours.stderr);
    }
    let equal = theirs.stdout == ours.stdout;
    assert!(equal, "{line}: the same secret is written differently");
}

/// The same for two namespaces, whose tokens cannot be the same.
pub(crate) fn same_but_for_token(line: &str, theirs: (&Output, &str), ours: (&Output, &str)) {
    let neutral = |(output, namespace): (&Output, &str)| {
        let mut secret = parsed(line, output);
        assert_eq!(secret["metadata"]["namespace"], namespace, "{line}");
        secret["metadata"]["namespace"] = "NAMESPACE".into();
        let token = &mut kubeconfig_of(&mut secret)["users"][0]["user"]["token"];
        assert!(
            token.as_str().is_some_and(|text| text.starts_with("eyJ")),
            "{line}: no token"
        );
        *token = "TOKEN".into();
        secret
    };
    if let Some(path) = difference(&neutral(theirs), &neutral(ours)) {
        panic!("{line}: the secrets differ at {path}");
    }
}

/// The manifest with the kubeconfig inside parsed as well.
pub(crate) fn parsed(line: &str, output: &Output) -> Value {
    assert!(
        output.success(),
        "{line}: {} failed: {}",
        output.command,
        output.stderr
    );
    let text = output
        .stdout
        .strip_suffix("---\n")
        .unwrap_or_else(|| panic!("{line}: no closing ---"));
    let mut secret: Value = serde_saphyr::from_str(text).unwrap();
    let entries = secret["stringData"].as_object_mut().unwrap();
    assert_eq!(entries.len(), 1, "{line}: one key is what istiod reads");
    for value in entries.values_mut() {
        *value = serde_saphyr::from_str(value.as_str().unwrap()).unwrap();
    }
    secret
}

/// The kubeconfig inside a parsed manifest.
pub(crate) fn kubeconfig_of(secret: &mut Value) -> &mut Value {
    let mut entries = secret["stringData"].as_object_mut().unwrap().values_mut();
    entries.next().unwrap()
}

/// Returns the place where two values differ first; their keys may be in any order.
pub(crate) fn difference(left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(l), Value::Object(r)) => {
            let mut keys: Vec<&String> = l.keys().chain(r.keys()).collect();
            keys.sort();
            keys.into_iter().find_map(|key| {
                let below = difference(
                    l.get(key).unwrap_or(&Value::Null),
                    r.get(key).unwrap_or(&Value::Null),
                )?;
                Some(format!(".{key}{below}"))
            })
        }
        (Value::Array(l), Value::Array(r)) if l.len() == r.len() => l
            .iter()
            .zip(r)
            .enumerate()
            .find_map(|(index, (l, r))| Some(format!("[{index}]{}", difference(l, r)?))),
        (l, r) => (l != r).then(String::new),
    }
}
