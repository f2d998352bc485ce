//! Which Services the arguments mean.

use mesh_common::model::Error;
use mesh_common::model::cluster_name::is_dns_label;

use crate::mark::Named;

/// The namespace where nothing says otherwise.
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces>.
const DEFAULT: &str = "default";

/// The Services, each once; `contexts` are the contexts with the namespace that each of them sets.
///
/// # Errors
/// A name that is none, and contexts that mean different namespaces, which would be different Services.
pub(super) fn services(
    services: &[String],
    namespace: Option<&str>,
    contexts: &[(&str, Option<&str>)],
) -> Result<Vec<Named>, Error> {
    let (mut named, mut errors) = (Vec::<Named>::new(), Vec::new());
    for text in services {
        let (own, name) = match text.split_once('/') {
            Some((own, name)) => (Some(own), name),
            None => (None, text.as_str()),
        };
        let namespace = match own.or(namespace) {
            Some(namespace) => Ok(namespace),
            None => common_namespace(contexts),
        };
        match namespace {
            Ok(namespace) if is_dns_label(namespace) && is_dns_label(name) => {
                let one = Named {
                    namespace: Some(namespace.to_owned()),
                    name: name.to_owned(),
                };
                if !named.contains(&one) {
                    named.push(one);
                }
            }
            Ok(_) => errors.push(
                Error::usage(format!("{text:?} is no Service's name"))
                    .hint("SERVICE or NAMESPACE/SERVICE, each of a-z, 0-9 and '-'"),
            ),
            Err(error) => errors.push(error),
        }
    }
    Error::all(errors).map_or(Ok(named), Err)
}

fn common_namespace<'a>(contexts: &[(&'a str, Option<&'a str>)]) -> Result<&'a str, Error> {
    let mut namespaces = contexts
        .iter()
        .map(|(context, namespace)| (*context, namespace.unwrap_or(DEFAULT)));
    let Some((first, namespace)) = namespaces.next() else {
        return Ok(DEFAULT);
    };
    match namespaces.find(|(_, other)| *other != namespace) {
        Some((context, other)) => Err(Error::usage(format!(
            "context {first} means namespace {namespace}, and context {context} means {other}"
        ))
        .hint("name the Services' namespace with -n")),
        None => Ok(namespace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        texts: &[&str],
        namespace: Option<&str>,
        contexts: &[(&str, Option<&str>)],
    ) -> Option<Vec<String>> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let named = services(&texts, namespace, contexts).ok()?;
        Some(
            named
                .into_iter()
                .map(|one| format!("{}/{}", one.namespace.unwrap(), one.name))
                .collect(),
        )
    }

    #[test]
    fn the_namespace_comes_from_the_name_then_the_flag_then_the_context() {
        let shop = [("east", Some("shop")), ("west", Some("shop"))];
        let differ = [("east", Some("shop")), ("west", None)];
        for (texts, namespace, contexts, expected) in [
            (vec!["a/web"], Some("b"), shop, Some(vec!["a/web"])),
            (vec!["web", "b/web"], Some("b"), differ, Some(vec!["b/web"])),
            (vec!["web"], None, shop, Some(vec!["shop/web"])),
            (vec!["web"], None, differ, None),
            (vec!["a/web"], None, differ, Some(vec!["a/web"])),
            (vec!["a/b/web"], None, shop, None),
            (vec!["/web"], None, shop, None),
            (vec![""], None, shop, None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(read(&texts, namespace, &contexts), expected, "{texts:?}");
        }
        assert_eq!(
            read(&["web"], None, &[("east", None)]),
            Some(vec!["default/web".to_owned()])
        );
    }
}
