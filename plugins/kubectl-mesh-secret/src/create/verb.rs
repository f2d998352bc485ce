//! The verb from its arguments to its exit code, and what its steps share.

use mesh_common::cluster::{Cluster, Connector};
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::remote_secret::RemoteSecret;
use mesh_common::mesh::yaml::to_yaml;
use mesh_common::mesh::{Error, Exit, server};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Interrupt, Streams};

use super::args::CreateArgs;
use super::holders::Holder;
use super::options::{Options, Output};
use super::plan::{Place, Plan, TokenPlan};
use super::{candidates, credential, holders, names, observe, plan, try_out};
use crate::cli::SELF;

/// What is known of the source once it was read and prepared.
#[derive(Clone)]
pub(super) struct Wanted {
    /// The name under which the secret introduces the source.
    pub(super) cluster: String,
    /// UID of its kube-system, where anything compares it.
    pub(super) uid: Option<String>,
    /// Whether its account got its rights, or its token, a moment ago.
    pub(super) just_made: bool,
}

/// What the steps of one run share.
pub(super) struct Run<'a> {
    pub(super) options: &'a Options,
    pub(super) connector: &'a Connector,
    pub(super) interrupt: &'a Interrupt,
    pub(super) source: Cluster,
    /// URL of the source's API server, as the secret will have it.
    pub(super) server: String,
    pub(super) now: jiff::Timestamp,
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
    options.check_server(source.context())?;
    server::check_url(&server)?;
    if server.starts_with("http://") {
        streams.warn(&format!(
            "server {server} is spoken to without TLS, so that the token can be read on the way"
        ));
    }
    let targets = holders::targets(&kubeconfig, &connect, &options)?;

    let connector = connector(environment, SELF, streams.interactive);
    let (source, holders) = interrupt
        .or(async {
            let (source, holders) = futures::join!(
                connector.connect(source),
                holders::connect(&connector, targets)
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
        server,
        now: environment.now,
    };
    Box::pin(run.go(holders, streams)).await
}

impl Run<'_> {
    async fn go(
        &self,
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
        let plan = plan::plan(&seen, self.options, self.place())?;
        let is_new = !matches!(plan.token, TokenPlan::Existing(_));
        if is_new {
            holders::check_owners(&holders, &name.cluster, self.options)?;
        }
        let just_made = credential::make(self, &plan.makes, streams).await? || is_new;
        let wanted = Wanted {
            cluster: name.cluster,
            uid: seen.uid,
            just_made,
        };
        if self.options.into.is_empty() {
            if let Some(secret) = self.secret(&plan, &wanted, None, streams).await? {
                self.print(&secret, streams)?;
            }
            return Ok(Exit::Fine);
        }
        let gifts = self.gifts(&plan, &wanted, holders, streams).await?;
        holders::give(gifts, lost, self.options, self.interrupt, streams).await
    }

    /// The secret of each holder: one for all, or one for each where each gets a token of its own.
    async fn gifts(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        holders: Vec<Holder>,
        streams: &mut Streams,
    ) -> Result<Vec<(Holder, RemoteSecret)>, Error> {
        let mut gifts: Vec<(Holder, RemoteSecret)> = Vec::new();
        for holder in holders {
            let shared = gifts
                .first()
                .filter(|_| !self.options.has_own_token())
                .map(|(_, secret)| secret.clone());
            let secret = match shared {
                Some(secret) => Some(secret),
                None => {
                    self.secret(plan, wanted, Some(&holder.name()), streams)
                        .await?
                }
            };
            let Some(secret) = secret else { break };
            gifts.push((holder, secret));
        }
        Ok(gifts)
    }

    /// A secret that was used once; `None` in a dry run that would have to make its token first.
    async fn secret(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        holder: Option<&str>,
        streams: &mut Streams,
    ) -> Result<Option<RemoteSecret>, Error> {
        let Some(credential) = credential::get(self, plan, holder, streams).await? else {
            streams
                .say("the secret itself is not shown: its token would only be made now (dry run)");
            return Ok(None);
        };
        match try_out::proven(self, wanted, &credential, streams).await {
            Err(error) if error.kind() == Kind::Forbidden && self.mend_rights(streams).await? => {
                let wanted = Wanted {
                    just_made: true,
                    ..wanted.clone()
                };
                try_out::proven(self, &wanted, &credential, streams)
                    .await
                    .map(Some)
            }
            proven => proven.map(Some),
        }
    }

    fn place(&self) -> Place<'_> {
        Place {
            context: self.source.context(),
            kubectl: self.source.target().kubectl(),
        }
    }

    /// A token that is there may be of an account that lost its role. What is missing of the reader's rights is made;
    /// says whether anything was.
    async fn mend_rights(&self, streams: &mut Streams) -> Result<bool, Error> {
        // What another server refuses is no sign of what the source lacks.
        let elsewhere = self.options.server_for(self.source.context()).is_some();
        if elsewhere || !self.options.dry_run.writes() {
            return Ok(false);
        }
        let account = self
            .interrupt
            .or(Box::pin(observe::account(&self.source, self.options)))
            .await?;
        let makes = plan::surroundings(&account, self.options, self.place())?;
        credential::make(self, &makes, streams).await
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
