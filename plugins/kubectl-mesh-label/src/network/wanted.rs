//! Which cluster is to be on which network, read from the arguments.

use mesh_common::model::Error;
use mesh_common::model::network::NetworkName;

/// A context (`None` is the current one) and its network (`None` is none).
pub(super) type Wanted = (Option<String>, Option<String>);

/// Reads one NETWORK for all `contexts`, or CONTEXT=NETWORK pairs; without any the networks are to go.
///
/// # Errors
/// Both forms at once, several networks without their contexts, a context named twice, a network that is none.
pub(super) fn wanted(
    networks: &[String],
    contexts: Vec<Option<String>>,
    has_contexts: bool,
) -> Result<Vec<Wanted>, Error> {
    // A context's name may hold the sign, a network's cannot.
    let pairs: Vec<(&str, &str)> = networks
        .iter()
        .filter_map(|text| text.rsplit_once('='))
        .collect();
    match networks {
        [] => Ok(contexts
            .into_iter()
            .map(|context| (context, None))
            .collect()),
        [network] if pairs.is_empty() => {
            let network: NetworkName = network.parse()?;
            let of = |context| (context, Some(network.to_string()));
            Ok(contexts.into_iter().map(of).collect())
        }
        all if pairs.len() < all.len() => Err(Error::usage(format!(
            "several networks need their contexts: {}",
            all.join(" ")
        ))
        .hint("name a network for each context, such as: east=net-a west=net-b")),
        _ if has_contexts => Err(Error::usage(
            "--context and CONTEXT=NETWORK both say which cluster",
        )
        .hint("leave --context away, or name one network for all of its contexts")),
        _ => of_pairs(&pairs),
    }
}

fn of_pairs(pairs: &[(&str, &str)]) -> Result<Vec<Wanted>, Error> {
    let (mut wanted, mut errors) = (Vec::<Wanted>::new(), Vec::new());
    for (context, network) in pairs {
        if context.is_empty() {
            errors.push(Error::usage(format!("={network} names no context")));
        } else if wanted
            .iter()
            .any(|(other, _)| other.as_deref() == Some(context))
        {
            errors.push(Error::usage(format!("context {context} is named twice")));
        } else {
            match network.parse::<NetworkName>() {
                Ok(network) => {
                    wanted.push((Some((*context).to_owned()), Some(network.to_string())));
                }
                Err(error) => errors.push(error),
            }
        }
    }
    Error::all(errors).map_or(Ok(wanted), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(networks: &[&str], contexts: &[&str]) -> Result<Vec<String>, String> {
        let networks: Vec<String> = networks.iter().map(|&text| text.to_owned()).collect();
        let named = contexts.iter().map(|&text| Some(text.to_owned()));
        let all = if contexts.is_empty() {
            vec![None]
        } else {
            named.collect()
        };
        let show = |(context, network): Wanted| {
            format!(
                "{}:{}",
                context.unwrap_or_default(),
                network.unwrap_or_default()
            )
        };
        wanted(&networks, all, !contexts.is_empty())
            .map(|wanted| wanted.into_iter().map(show).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn one_network_or_pairs() {
        for (networks, contexts, expected) in [
            (vec!["n"], vec![], vec![":n"]),
            (vec!["n"], vec!["a", "b"], vec!["a:n", "b:n"]),
            (vec!["a=n", "b=m"], vec![], vec!["a:n", "b:m"]),
            (vec!["x=y=n"], vec![], vec!["x=y:n"]),
            (vec![], vec!["a"], vec!["a:"]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(read(&networks, &contexts), Ok(expected));
        }
    }

    #[test]
    fn what_leaves_a_cluster_open_is_refused() {
        for (networks, contexts) in [
            (vec!["n", "m"], vec![]),
            (vec!["a=n", "m"], vec![]),
            (vec!["a=n"], vec!["b"]),
            (vec!["a=n", "a=m"], vec![]),
            (vec!["=n"], vec![]),
            (vec!["a="], vec![]),
            (vec!["n m"], vec![]),
        ] {
            assert!(read(&networks, &contexts).is_err(), "{networks:?}");
        }
    }
}
