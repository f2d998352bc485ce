//! The steps of one token, in their order: the new one is made and tried out, each holder gets it and is seen to use it, and
//! only then the old one is revoked.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Secret;
use mesh_common::client::{Connector, Interrupt, fan_out};
use mesh_common::model::error::Kind;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;

use super::lineage::Lineage;
use super::observe::{Place, Seen};
use super::plan::{Has, Obstacle, Part, Rotation, Sort, obstacles};
use super::registry::Registry;
use super::resolve::Order;
use super::successor::{Minted, make_token, prove};
use super::verdict::Warning;
use super::watch::Watch;
use super::{revoke, swap};

/// What the work on all tokens shares.
pub(super) struct Work<'a> {
    pub order: &'a Order,
    pub connector: &'a Connector,
    pub interrupt: &'a Interrupt,
    pub streams: &'a Streams,
    pub seen: &'a Seen,
    pub registry: &'a Registry<'a>,
}

/// A holder that has the new token.
struct Handed<'r> {
    part: &'r Part,
    watch: Watch<'r>,
    /// Its secret as it is then.
    secret: Secret,
}

impl Work<'_> {
    pub(super) fn place(&self, number: usize) -> &Place {
        &self.seen.places[number]
    }

    pub(super) fn source(&self, lineage: &Lineage) -> &Place {
        self.place(lineage.source)
    }

    /// Replaces one token as far as that is possible now.
    ///
    /// # Errors
    /// What failed; the old token is then not revoked.
    pub(super) async fn rotate(&self, rotation: &Rotation) -> Result<Exit, Error> {
        if !self.order.dry_run.writes() {
            return self.rehearse(rotation);
        }
        let mut in_the_way = obstacles(rotation, self.seen, &self.order.namespace);
        let minted = make_token(self, rotation).await?;
        prove(self, rotation, &minted).await?;
        let (handed, mut failed) = self.hand_over(rotation, &minted).await?;
        if failed.is_empty() {
            let seen = fan_out(handed, |one| async move {
                one.watch.until_taken(self, one.part, &one.secret).await
            });
            let (verdicts, wrong) = Error::parted(seen.await);
            failed.extend(wrong);
            for verdict in verdicts {
                self.warn(&verdict.warnings);
                in_the_way.extend(verdict.obstacles);
            }
        }
        if failed.is_empty() {
            match revoke::still_held(self, rotation).await {
                Ok(held) => in_the_way.extend(held),
                Err(error) => failed.push(error),
            }
        }
        if in_the_way.is_empty() && failed.is_empty() {
            revoke::revoke(self, rotation, &minted).await?;
            return Ok(Exit::Fine);
        }
        let is_interrupted = failed.iter().any(|error| error.kind() == Kind::Interrupted);
        self.say_not_revoked(rotation, &in_the_way, is_interrupted);
        let exit = in_the_way
            .iter()
            .fold(Exit::Partial, |exit, one| exit.worse(one.exit));
        Error::all(failed).map_or(Ok(exit), Err)
    }

    /// Gives the new token to every holder; one that fails costs only itself. Gives those that have it, and what failed.
    async fn hand_over<'r>(
        &'r self,
        rotation: &'r Rotation,
        minted: &Minted,
    ) -> Result<(Vec<Handed<'r>>, Vec<Error>), Error> {
        let parts = rotation.named(&self.seen.places);
        let results: Vec<Result<_, Error>> = fan_out(parts, |part| async move {
            let place = self.place(part.entry.place);
            let begun = async { Ok(Watch::begin(self, place, &part.entry).await) };
            let mut watch = self.interrupt.or(begun).await?;
            let written = swap::hand_over(self, part, minted).await?;
            if !written.by_us {
                watch.forget();
            }
            Ok((part, watch, written))
        })
        .await;
        let (results, failed) = Error::parted(results);
        let mut handed = Vec::new();
        for (part, watch, written) in results {
            let word = if written.by_us {
                "rotated"
            } else {
                "has the new token already"
            };
            self.streams.data(&format!(
                "secret/{} {word} in context {}\n",
                part.entry.name(),
                self.place(part.entry.place).context()
            ))?;
            handed.push(Handed {
                part,
                watch,
                secret: written.secret,
            });
        }
        Ok((handed, failed))
    }

    fn warn(&self, warnings: &[Warning]) {
        for Warning { what, way } in warnings {
            self.streams.warn(what);
            if let Some(way) = way {
                self.streams.say(&format!("hint: {way}"));
            }
        }
    }

    fn say_not_revoked(&self, rotation: &Rotation, in_the_way: &[Obstacle], is_interrupted: bool) {
        for one in in_the_way {
            self.streams.warn(&one.what);
        }
        self.streams.warn(&format!(
            "the old token of secret {} in context {} is not revoked: every holder goes on working with the token that it has",
            rotation.lineage.old_name(),
            self.source(&rotation.lineage).context()
        ));
        let ways = in_the_way.iter().flat_map(|one| &one.ways);
        let mut said = BTreeSet::new();
        for way in ways
            .map(ToString::to_string)
            .filter(|way| said.insert(way.clone()))
        {
            self.streams.say(&format!("hint: {way}"));
        }
        // Who interrupted it is told so with the error.
        if !is_interrupted {
            self.streams.say(
                "hint: then run the same command again: it goes on with the new token that is there",
            );
        }
    }

    fn rehearse(&self, rotation: &Rotation) -> Result<Exit, Error> {
        let suffix = self.order.dry_run.suffix();
        let lineage = &rotation.lineage;
        let source = self.source(lineage).context();
        let sort = match rotation.sort {
            Sort::Kept => "",
            Sort::Bound(_) => ", which a new token is bound to,",
        };
        if lineage.new.is_none() {
            self.streams.say(&format!(
                "secret/{}{sort} created in context {source}{suffix}",
                lineage.new_name
            ));
        }
        for part in rotation.named(&self.seen.places) {
            if part.has == Has::Old {
                let context = self.place(part.entry.place).context();
                self.streams.data(&format!(
                    "secret/{} rotated in context {context}{suffix}\n",
                    part.entry.name()
                ))?;
            }
        }
        let in_the_way = obstacles(rotation, self.seen, &self.order.namespace);
        if in_the_way.is_empty() {
            self.streams.data(&revoke::line(lineage, source, suffix))?;
            return Ok(Exit::Fine);
        }
        self.say_not_revoked(rotation, &in_the_way, false);
        Ok(Exit::Partial)
    }
}
