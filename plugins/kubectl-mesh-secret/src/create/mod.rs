//! `create`: gives a holder the credential to read a source cluster.
//!
//! Arguments, observation, plan, writes in the source, try-out, and only then a manifest or writes in the holders.

mod args;
mod candidates;
mod credential;
mod holders;
mod names;
mod observe;
mod options;
mod plan;
mod try_out;

pub(crate) use args::CreateArgs;

use mesh_common::cluster::{Cluster, Connector, DryRun, Kubeconfig};
use mesh_common::mesh::remote_secret::RemoteSecret;
use mesh_common::mesh::yaml::to_yaml;
use mesh_common::mesh::{Error, Exit, server};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Interrupt, Streams};

use self::credential::Credential;
use self::holders::Holder;
use self::options::{Options, Output};
use crate::cli::SELF;

/// What the steps of one run share.
struct Run<'a> {
    options: &'a Options,
    connector: &'a Connector,
    interrupt: &'a Interrupt,
    source: Cluster,
    now: jiff::Timestamp,
}

pub(crate) async fn run(
    arguments: CreateArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    for ignored in arguments.ignored() {
        streams.warn(&ignored);
    }
    let connect = arguments.connect.clone();
    let source_context = arguments.context.clone();
    let options = Options::resolve(arguments)?;
    let kubeconfig = connect.load(environment)?;
    let source = kubeconfig.target(&connect.overrides(source_context.as_deref()))?;
    let server = options
        .server_for(source.context())
        .unwrap_or(source.server())
        .to_owned();
    server::check_url(&server)?;
    let holders = holder_targets(&kubeconfig, &connect, &options)?;

    let connector = connector(environment, SELF, streams.interactive);
    let (source, holders) = interrupt
        .or(async {
            let (source, holders) = futures::join!(
                connector.connect(source),
                holders::connect(&connector, holders)
            );
            Ok((source?, holders))
        })
        .await?;
    if let (Some(dead), false) = (server::dead(&server), options.allow_loopback) {
        return Err(interrupt
            .or(candidates::refusal(&source, &server, dead))
            .await
            .unwrap_or_else(|error| error));
    }
    let run = Run {
        options: &options,
        connector: &connector,
        interrupt,
        source,
        now: environment.now,
    };
    Box::pin(run.go(&server, holders, streams)).await
}

fn holder_targets(
    kubeconfig: &Kubeconfig,
    connect: &mesh_common::terminal::flags::ConnectFlags,
    options: &Options,
) -> Result<Vec<mesh_common::cluster::Target>, Error> {
    let results: Vec<_> = options
        .into
        .iter()
        .map(|context| kubeconfig.target(&connect.holder_overrides(context)))
        .collect();
    let mut targets = Vec::new();
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(target) => targets.push(target),
            Err(error) => errors.push(error),
        }
    }
    Error::all(errors).map_or(Ok(targets), Err)
}

impl Run<'_> {
    async fn go(
        &self,
        server: &str,
        holders: Vec<Result<Cluster, Error>>,
        streams: &mut Streams,
    ) -> Result<Exit, Error> {
        let (seen, holders) = self
            .interrupt
            .or(Box::pin(async {
                let (seen, holders) = futures::join!(
                    observe::source(&self.source, self.options),
                    holders::observe(holders, self.options)
                );
                Ok((seen?, holders))
            }))
            .await?;
        let name = names::choose(self.options, &seen)?;
        for warning in &name.warnings {
            streams.warn(warning);
        }
        let (holders, lost) = holders::check(holders, &seen, &name.cluster, self.options)?;
        let exit = self
            .fill(server, &seen, &name.cluster, holders, streams)
            .await?;
        for error in &lost {
            streams.warn(&format!(
                "{}; the secret was not applied there",
                error.in_one_line()
            ));
        }
        Ok(if lost.is_empty() {
            exit
        } else {
            exit.worse(Exit::Partial)
        })
    }

    /// Gets the credentials, proves each, and hands them over.
    async fn fill(
        &self,
        server: &str,
        seen: &observe::Source,
        cluster: &str,
        holders: Vec<Holder>,
        streams: &mut Streams,
    ) -> Result<Exit, Error> {
        let plan = plan::plan(seen, self.options, self.source.context())?;
        let made = credential::make(self, &plan, streams).await?;
        let mut shared: Option<Credential> = None;
        let recipients: Vec<Option<Holder>> = if holders.is_empty() {
            vec![None]
        } else {
            holders.into_iter().map(Some).collect()
        };
        for holder in recipients {
            let own = self.options.has_own_token();
            let credential = match &shared {
                Some(credential) if !own => credential.clone(),
                _ => {
                    let holder_name = holder.as_ref().map(Holder::name);
                    let Some(credential) =
                        credential::get(self, &plan, holder_name.as_deref(), streams).await?
                    else {
                        streams
                            .say("no secret is shown: its token would only be made now (dry run)");
                        return Ok(Exit::Fine);
                    };
                    credential
                }
            };
            let secret =
                try_out::proven(self, seen, server, cluster, &credential, made, streams).await?;
            shared = Some(credential);
            match holder {
                None => self.print(&secret, streams)?,
                Some(holder) => {
                    holder
                        .give(&secret, self.options, self.interrupt, streams)
                        .await?;
                }
            }
        }
        Ok(Exit::Fine)
    }

    fn print(&self, secret: &RemoteSecret, streams: &mut Streams) -> Result<(), Error> {
        let text = match self.options.output {
            Output::Manifest => secret.to_manifest(),
            Output::Yaml => to_yaml(&secret.to_printed()),
            Output::Json => format!("{:#}\n", secret.to_printed()),
            Output::Name => format!("secret/{}\n", secret.name()),
        };
        streams.data(&text)
    }
}

/// Whether nothing is to be written at all.
fn writes_nothing(dry_run: DryRun) -> bool {
    match dry_run {
        DryRun::None => false,
        DryRun::Client | DryRun::Server => true,
    }
}

/// The words that kubectl puts behind an object's name.
fn suffix(dry_run: DryRun) -> &'static str {
    match dry_run {
        DryRun::None => "",
        DryRun::Client => " (dry run)",
        DryRun::Server => " (server dry run)",
    }
}
