//! What `create` was asked to do: raw flags become checked options, and nothing later looks at a flag.

use std::collections::BTreeMap;

use mesh_common::model::Error;
use mesh_common::model::command::{Knob, Remedy};
use mesh_common::model::names::{CONFIG_ACCOUNT, READER_ACCOUNT};
use mesh_common::model::remote_secret::SecretType;
use mesh_common::model::{server, x509};
use mesh_common::ops::secret::issue::{Auth, Options, TokenOptions};
use mesh_common::terminal::flags::given;

use super::args::{AuthTypeArg, CreateArgs, OutputArg, TypeArg};
use crate::token_duration;

/// All that was asked for.
pub(super) struct Order {
    options: Options,
    /// The context that `--server` was limited to, and the URL.
    server: Option<(Option<String>, String)>,
    /// The contexts of the holders; none where the secret is printed.
    pub into: Vec<String>,
    pub output: Output,
}

/// The format in which the secret is printed.
pub(super) enum Output {
    Manifest,
    Yaml,
    Json,
    Name,
}

impl Order {
    /// Checks every argument; all that is wrong is reported together.
    pub(super) fn resolve(mut arguments: CreateArgs) -> Result<Self, Error> {
        forget_empty(&mut arguments);
        let mut errors = Vec::new();
        let mut check = |result: Result<(), Error>| errors.extend(result.err());
        check(check_token(&arguments));
        check(check_plugin(&arguments));
        let server = split_server(arguments.server.as_deref());
        if let Some((_, url)) = &server {
            check(server::check_url(url));
        }
        check(arguments.proxy_url.as_deref().map_or(Ok(()), check_proxy));
        let authorities = match arguments
            .ca_file
            .as_deref()
            .map(read_authorities)
            .transpose()
        {
            Ok(authorities) => authorities,
            Err(error) => {
                check(Err(error));
                None
            }
        };
        let config = match plugin_config(&arguments.auth_plugin_config) {
            Ok(config) => config,
            Err(error) => {
                check(Err(error));
                BTreeMap::new()
            }
        };
        if let Some(error) = Error::all(errors) {
            return Err(error);
        }
        let options = Options {
            namespace: arguments.namespace.resolve().to_owned(),
            secret_type: match arguments.secret_type {
                TypeArg::Remote => SecretType::Remote,
                TypeArg::Config => SecretType::Config,
            },
            server: None,
            account: arguments
                .service_account
                .clone()
                .unwrap_or_else(|| default_account(arguments.secret_type)),
            token: token_options(&arguments),
            auth: match arguments.auth_type {
                AuthTypeArg::BearerToken => Auth::Token,
                AuthTypeArg::Plugin => Auth::Provider {
                    name: arguments.auth_plugin_name.unwrap_or_default(),
                    config,
                },
            },
            dry_run: arguments.dry_run.resolve(),
            name: arguments.name,
            applies: !arguments.into.is_empty(),
            tls_server_name: arguments.tls_server_name,
            proxy_url: arguments.proxy_url,
            authorities,
            insecure: arguments.insecure_skip_tls_verify,
            allow_loopback: arguments.allow_loopback,
            verify: !arguments.no_verify,
            create_account: arguments.create_service_account,
            force_conflicts: arguments.force_conflicts,
            replace: arguments.replace,
            several: false,
        };
        Ok(Self {
            options,
            server,
            into: arguments.into,
            output: match arguments.output {
                None => Output::Manifest,
                Some(OutputArg::Yaml) => Output::Yaml,
                Some(OutputArg::Json) => Output::Json,
                Some(OutputArg::Name) => Output::Name,
            },
        })
    }

    /// Returns the options for the remote cluster in `context`.
    ///
    /// # Errors
    /// `--server` is limited to another context, and so would have no effect.
    pub(super) fn options_for(&self, context: &str) -> Result<Options, Error> {
        match &self.server {
            Some((Some(limited), url)) if limited != context => Err(Error::usage(format!(
                "--server is for context {limited}, and the remote cluster is context {context}"
            ))
            .hint(Remedy::add(Knob::Server, &format!("{context}={url}")))),
            server => Ok(Options {
                server: server.as_ref().map(|(_, url)| url.clone()),
                ..self.options.clone()
            }),
        }
    }
}

fn default_account(secret_type: TypeArg) -> String {
    match secret_type {
        TypeArg::Remote => READER_ACCOUNT.to_owned(),
        TypeArg::Config => CONFIG_ACCOUNT.to_owned(),
    }
}

fn token_options(arguments: &CreateArgs) -> TokenOptions {
    match (
        &arguments.token_duration,
        &arguments.secret_name,
        &arguments.holder,
    ) {
        (Some(duration), _, holder) => TokenOptions::Bound(*duration, holder.clone()),
        (None, Some(name), _) => TokenOptions::Named(name.clone()),
        (None, None, Some(holder)) => TokenOptions::OwnSecret(holder.clone()),
        (None, None, None) => TokenOptions::Shared,
    }
}

fn check_token(arguments: &CreateArgs) -> Result<(), Error> {
    token_duration::check(arguments.token_duration)?;
    if arguments.holder.is_some() && arguments.into.len() > 1 {
        return Err(Error::usage("--for names one holder, and --into several contexts")
            .hint("run it once for each holder, or omit --for: with --token-duration each holder gets a separate token"));
    }
    let plugin = arguments.auth_type == AuthTypeArg::Plugin;
    if plugin && (arguments.token_duration.is_some() || arguments.holder.is_some()) {
        return Err(Error::usage(
            "--auth-type=plugin uses no token, so --token-duration and --for cannot be used with it",
        ));
    }
    Ok(())
}

fn check_plugin(arguments: &CreateArgs) -> Result<(), Error> {
    let plugin = arguments.auth_type == AuthTypeArg::Plugin;
    let details = arguments.auth_plugin_name.is_some() || !arguments.auth_plugin_config.is_empty();
    if details && !plugin {
        return Err(Error::usage(
            "--auth-plugin-name and --auth-plugin-config need --auth-type=plugin",
        )
        .hint("add --auth-type=plugin, or omit them for a bearer token"));
    }
    Ok(())
}

/// An empty value is as if the flag was not given, as with istioctl: scripts fill flags from variables that may be empty.
fn forget_empty(arguments: &mut CreateArgs) {
    let values = [
        &mut arguments.server,
        &mut arguments.tls_server_name,
        &mut arguments.proxy_url,
        &mut arguments.service_account,
        &mut arguments.secret_name,
        &mut arguments.auth_plugin_name,
    ];
    for value in values {
        *value = given(value.as_deref());
    }
}

fn check_proxy(url: &str) -> Result<(), Error> {
    let known = ["http://", "https://", "socks5://"];
    if known
        .iter()
        .any(|scheme| url.starts_with(scheme) && url.len() > scheme.len())
    {
        return Ok(());
    }
    Err(Error::usage(format!(
        "proxy {:?} is neither http, https nor socks5",
        server::without_login(url)
    ))
    .hint("give --proxy-url a URL such as http://proxy.example:3128"))
}

/// `CONTEXT=URL` or `URL`; a URL may hold a `=` only behind its scheme.
fn split_server(text: Option<&str>) -> Option<(Option<String>, String)> {
    let text = text?;
    match text.split_once('=') {
        Some((context, url)) if url.contains("://") && !context.contains("://") => {
            Some((Some(context.to_owned()), url.to_owned()))
        }
        Some(_) | None => Some((None, text.to_owned())),
    }
}

fn plugin_config(pairs: &[String]) -> Result<BTreeMap<String, String>, Error> {
    pairs
        .iter()
        .map(|pair| {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Error::usage(format!("--auth-plugin-config {pair:?} is not KEY=VALUE"))
            })?;
            Ok((key.to_owned(), value.to_owned()))
        })
        .collect()
}

fn read_authorities(path: &std::path::Path) -> Result<Vec<u8>, Error> {
    let pem = std::fs::read(path).map_err(|e| {
        Error::usage(format!("cannot read the CA file {}", path.display())).because(e)
    })?;
    if x509::authorities(&pem).is_empty() {
        return Err(Error::usage(format!(
            "the CA file {} {}",
            path.display(),
            x509::no_authority(&pem)
        )));
    }
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_be_limited_to_a_context() {
        let pair =
            |context: Option<&str>, url: &str| Some((context.map(str::to_owned), url.to_owned()));
        assert_eq!(split_server(Some("https://h")), pair(None, "https://h"));
        assert_eq!(
            split_server(Some("west=https://h")),
            pair(Some("west"), "https://h")
        );
        assert_eq!(
            split_server(Some("https://h/?a=b")),
            pair(None, "https://h/?a=b")
        );
        assert_eq!(split_server(None), None);
    }

    #[test]
    fn plugin_configuration_is_pairs() {
        let given = ["a=b".to_owned(), "c=d=e".to_owned()];
        let config = plugin_config(&given).unwrap();
        assert_eq!(config["c"], "d=e");
        assert!(plugin_config(&["x".to_owned()]).is_err());
    }
}
