//! The verb from its arguments to its exit code.

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{DryRun, Interrupt, concerns_one_cluster, fan_out, is_refused};
use mesh_common::model::error::Kind;
use mesh_common::model::remote_secret::own_name;
use mesh_common::model::secret::comes_back;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::flags::connector;
use mesh_common::terminal::report_text::counted;
use mesh_common::terminal::{Environment, Streams};

use super::apply;
use super::args::DeleteArgs;
use super::names::Name;
use super::observe::{Seen, homes, observe};
use super::plan::{Doomed, Order, plan};
use super::plan_revoke::{self, End, by_hand};
use super::prove::prove;
use super::report::{ends_with, goes, went};
use super::staying::staying;
use crate::cli::SELF;
use crate::service_account::account;
use mesh_common::ops::secret::amend;

pub(crate) async fn run(
    arguments: DeleteArgs,
    environment: &Environment,
    interrupt: &Interrupt,
    streams: &mut Streams,
) -> Result<Exit, Error> {
    let names = Name::all(&arguments.names)?;
    let kubeconfig = arguments.connect.load(environment)?;
    let connector = connector(environment, SELF, streams.interactive);
    let seen = interrupt
        .or(observe(&arguments, &names, &kubeconfig, &connector))
        .await?;
    let order = Order {
        names: &names,
        namespace: arguments.namespace.resolve(),
        ignore_not_found: arguments.ignore_not_found,
        is_partial: !seen.lost.is_empty(),
    };
    let plan = plan(&order, &seen.places)?;
    for note in &plan.notes {
        streams.say(note);
    }
    let doomed = &plan.doomed;
    let (tokens, found);
    let ends = if arguments.revoke {
        let namespace = order.namespace;
        let (of, account) = account(&arguments.service_account, namespace);
        tokens = plan_revoke::tokens(doomed, &seen.places, (&of, &account))?;
        found = interrupt
            .or(async { Ok(homes(&seen, &tokens).await) })
            .await?;
        let proving = async { Ok(prove(&seen, &tokens, &found, namespace, &connector).await) };
        let proofs = interrupt.or(proving).await?;
        plan_revoke::plan_revoke(&tokens, doomed, &seen, &found, proofs, &order)?
    } else {
        Vec::new()
    };
    let context = |one: &Doomed<'_>| seen.places[one.place].context.as_str();
    for warning in doomed
        .iter()
        .filter_map(|one| comes_back(one.secret, context(one)))
    {
        streams.warn(&warning);
    }
    let work = Work {
        seen: &seen,
        arguments: &arguments,
        interrupt,
    };
    work.agree(doomed, &ends, streams).await?;
    let mut tally = work.delete(doomed, streams).await?;
    for staying in staying(doomed, &seen.places) {
        streams.warn_of(&staying, "istiod looks at it again only once it changes");
    }
    work.revoke(&ends, &mut tally, streams).await?;
    tally.end(seen.lost, streams)
}

/// What the steps share.
struct Work<'a> {
    seen: &'a Seen,
    arguments: &'a DeleteArgs,
    interrupt: &'a Interrupt,
}

impl Work<'_> {
    /// Says what would go, and returns once that was agreed to.
    async fn agree(
        &self,
        doomed: &[Doomed<'_>],
        ends: &[End<'_>],
        streams: &mut Streams,
    ) -> Result<(), Error> {
        let confirm = self.arguments.confirm;
        if doomed.is_empty() || confirm.yes || !self.dry_run().writes() {
            return Ok(());
        }
        for one in doomed {
            streams.say(&goes(one.secret, self.context(one)));
        }
        let mut tokens = 0;
        for end in ends {
            if let End::With(one) = end {
                tokens += 1;
                streams.say(&ends_with(one.secret, self.context(one)));
            }
        }
        let mut deed = format!("delete {}", counted(doomed.len(), "remote secret"));
        if tokens > 0 {
            deed.push_str(" and revoke ");
            deed.push_str(&counted(tokens, "token"));
        }
        confirm.agree(&deed, self.interrupt, streams).await
    }

    /// Deletes all of them at once; one that fails costs only itself.
    async fn delete(&self, doomed: &[Doomed<'_>], streams: &Streams) -> Result<Tally, Error> {
        let results = fan_out(doomed, |one| self.delete_one(one)).await;
        let nothing_to_do = doomed.is_empty() && self.arguments.ignore_not_found;
        let mut tally = Tally {
            done: nothing_to_do,
            ..Tally::default()
        };
        let results = doomed.iter().zip(results);
        let (done, wrong) =
            Error::parted(results.map(|(one, result)| result.map(|was_there| (one, was_there))));
        for (one, was_there) in done {
            tally.done = true;
            self.tell(one, was_there, streams)?;
        }
        let (of_one, failed): (Vec<_>, Vec<_>) = wrong.into_iter().partition(concerns_one_cluster);
        tally.failed = failed;
        (tally.refused, tally.unsure) = of_one.into_iter().partition(is_refused);
        Ok(tally)
    }

    /// Ends the tokens, once nobody holds them any more.
    async fn revoke(
        &self,
        ends: &[End<'_>],
        tally: &mut Tally,
        streams: &Streams,
    ) -> Result<(), Error> {
        let is_clean = tally.is_clean();
        for end in ends {
            match end {
                End::NotAccepted { place, cluster } => {
                    let context = &self.seen.places[*place].context;
                    streams.say(&format!(
                        "context {context} does not accept the token for {cluster}, which was revoked before or never was one of its tokens: nothing is revoked there"
                    ));
                }
                End::With(one) if !is_clean => {
                    let step = by_hand(one, &self.seen.places);
                    streams.warn(&format!("the token is not revoked, since not every secret is known to be gone; once they are: {step}"));
                }
                End::With(one) => match self.end(one).await {
                    Ok(was_there) => self.tell(one, was_there, streams)?,
                    Err(error) => {
                        let step = by_hand(one, &self.seen.places);
                        let hint =
                            format!("{step}: it revokes the token, which no secret holds any more");
                        // Another run would not find the token.
                        let error = if error.kind() == Kind::Interrupted {
                            Error::new(
                                Kind::Interrupted,
                                "interrupted before the token was revoked",
                            )
                        } else {
                            error
                        };
                        tally.failed.push(error.hint(hint));
                    }
                },
            }
        }
        Ok(())
    }

    /// Ends a token by its Secret, as long as that is what was read; the API server notes in it when the token was last used.
    async fn end(&self, one: &Doomed<'_>) -> Result<bool, Error> {
        if !self.dry_run().writes() {
            return self.delete_one(one).await;
        }
        let is_as_read =
            |now: &Secret| now.data == one.secret.data && now.type_ == one.secret.type_;
        let cluster = &self.seen.clusters[one.place];
        amend::delete(cluster, self.interrupt, one.secret, is_as_read).await
    }

    async fn delete_one(&self, one: &Doomed<'_>) -> Result<bool, Error> {
        self.interrupt.check()?;
        apply::delete(&self.seen.clusters[one.place], one.secret, self.dry_run()).await
    }

    fn tell(&self, one: &Doomed<'_>, was_there: bool, streams: &Streams) -> Result<(), Error> {
        let context = self.context(one);
        if was_there {
            let suffix = self.dry_run().suffix();
            return streams.data(&went(one.secret, context, suffix, self.arguments.output));
        }
        let name = own_name(one.secret);
        streams.say(&format!(
            "secret {name} was gone from context {context} already"
        ));
        Ok(())
    }

    fn context(&self, one: &Doomed<'_>) -> &str {
        &self.seen.places[one.place].context
    }

    fn dry_run(&self) -> DryRun {
        self.arguments.dry_run.resolve()
    }
}

/// What came of the deletions.
#[derive(Default)]
struct Tally {
    done: bool,
    failed: Vec<Error>,
    /// What a server did not allow: the secret is still there.
    refused: Vec<Error>,
    /// Requests that may have arrived though the answer did not.
    unsure: Vec<Error>,
}

impl Tally {
    /// Whether every secret is known to be gone.
    fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.refused.is_empty() && self.unsure.is_empty()
    }

    /// The exit code; `lost` are the holders that were not read.
    fn end(mut self, mut lost: Vec<Error>, streams: &Streams) -> Result<Exit, Error> {
        if !self.done {
            self.failed.append(&mut lost);
            self.failed.append(&mut self.refused);
            self.failed.append(&mut self.unsure);
        }
        for error in &lost {
            streams.warn_of(error, "what it holds stays");
        }
        for error in &self.refused {
            streams.warn_of(error, "the secret stays there");
        }
        for error in &self.unsure {
            streams.warn(&format!(
                "{}; whether the secret is gone there is not known, so run this again",
                error.in_one_line()
            ));
        }
        match Error::all(self.failed) {
            Some(error) => Err(error),
            None if lost.is_empty() && self.refused.is_empty() && self.unsure.is_empty() => {
                Ok(Exit::Fine)
            }
            None => Ok(Exit::Partial),
        }
    }
}
