//! What `--service-account` names.

/// Returns namespace and name of the account, which is in `namespace` where the flag names none.
pub(crate) fn account(flag: &str, namespace: &str) -> (String, String) {
    let (namespace, name) = flag.split_once('/').unwrap_or((namespace, flag));
    (namespace.to_owned(), name.to_owned())
}
