//! The verb from its arguments to its exit code.

use std::collections::BTreeSet;

use mesh_common::client::{Cluster, Interrupt, Kubeconfig, with_lost};
use mesh_common::model::remote_secret::RemoteSecret;
use mesh_common::model::yaml::to_yaml;
use mesh_common::model::{Error, Exit, server};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::{Environment, Streams};

use super::args::CreateArgs;
use super::resolve::{Order, Output};
use crate::cli::SELF;
use crate::source::claim::{self, Claim};
use crate::source::give::{self, Lost};
use crate::source::holders::Holder;
use crate::source::{
    Run, TokenPlan, Wanted, candidates, credential, holders, names, observe, plan, reach,
};

pub(crate) async fn run(
    arguments: CreateArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    for ignored in arguments.ignored() {
        streams.warn(&ignored);
    }
    let connect = arguments.entry.added_to(&arguments.connect);
    let source_context = arguments.context.clone();
    let Order {
        options,
        into,
        output,
    } = Order::resolve(arguments)?;
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
            "server {server} is spoken to without TLS: istiod sends no credential there"
        ));
    }
    let targets = reach::targets(&kubeconfig, &connect, &into)?;

    let connector = connector(environment, SELF, streams.interactive);
    let (source, holders) = interrupt
        .or(async {
            let (source, holders) = futures::join!(
                connector.connect(source),
                reach::connect(&connector, targets)
            );
            Ok((source?, holders))
        })
        .await?;
    if let (Some(dead), false) = (server::dead(&server), options.allow_loopback) {
        return Err(interrupt
            .or(candidates::refusal(&source, &server, dead, &options))
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
    Box::pin(carry_out(&run, &kubeconfig, holders, &output, streams)).await
}

/// All steps after connecting.
async fn carry_out(
    run: &Run<'_>,
    kubeconfig: &Kubeconfig,
    holders: Vec<Result<Cluster, Error>>,
    output: &Output,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let (seen, holders) = run
        .interrupt
        .or(Box::pin(async {
            let (seen, holders) = futures::join!(
                observe::source(&run.source, run.options),
                reach::observe(holders, run.options)
            );
            Ok((seen?, holders))
        }))
        .await?;
    let name = names::choose(run.options, &seen, run.source.context())?;
    let context = run.source.context();
    let skipped = seen.identity.not_compared(context);
    for warning in name.warnings.iter().chain(&skipped) {
        streams.warn(warning);
    }
    let target = run.source.target();
    claim::check_name(target, &name.cluster, kubeconfig, run.options)?;
    let (holders, mut lost) = holders::check(holders, &seen, &name.cluster, run.options)?;
    for line in holders
        .iter()
        .flat_map(|holder| holder.skipped(run.options))
    {
        streams.warn(&line);
    }
    let known = claim::read_cluster(target, &run.server, &seen, run.options);
    let written = BTreeSet::new();
    let claims = holders.iter().map(|holder| Claim {
        holder,
        context,
        server: &run.server,
        source: &known,
        cluster: &name.cluster,
        options: run.options,
        written: &written,
    });
    let claims = claim::check(claims.collect(), run.connector, run.interrupt).await;
    claims.map_err(|error| with_lost(error, &mut lost))?;
    let plan = plan::plan(&seen, run.options, run.place())?;
    for line in &plan.skipped {
        streams.warn(line);
    }
    let borrowed: Vec<&Holder> = holders.iter().collect();
    let is_new = !matches!(plan.token, TokenPlan::Existing(_));
    if is_new {
        holders::check_owners(&borrowed, &name.cluster, run.options)
            .map_err(|error| with_lost(error, &mut lost))?;
    }
    let just_made = credential::make(run, &plan.makes, streams).await? || is_new;
    let wanted = Wanted {
        cluster: name.cluster,
        uid: seen.identity.uid().map(str::to_owned),
        just_made,
    };
    if !run.options.applies {
        match run.secret(&plan, &wanted, None, streams).await? {
            Some(secret) => print(&secret, output, streams)?,
            None => streams
                .say("the secret itself is not shown: its token would only be made now (dry run)"),
        }
        return Ok(Exit::Fine);
    }
    let gifts = run.gifts(&plan, &wanted, &borrowed, streams).await?;
    let lost = lost.into_iter().map(|error| Lost {
        error,
        left_out: "the secret was not applied there",
    });
    give::give(&gifts, lost.collect(), run.options, run.interrupt, streams).await
}

fn print(secret: &RemoteSecret, output: &Output, streams: &mut Streams) -> Result<(), Error> {
    let text = match output {
        Output::Manifest => secret.to_manifest(),
        Output::Yaml => to_yaml(&secret.to_printed()),
        Output::Json => format!("{:#}\n", secret.to_printed()),
        Output::Name => format!("secret/{}\n", secret.name()),
    };
    streams.data(&text)
}
