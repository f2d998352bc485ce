//! The steps of one token, in their order: the new one is made and tried out, each holder gets it and is seen to use it, and
//! only then the old one is revoked.

use mesh_common::cluster::{Connector, fan_out};
use mesh_common::mesh::error::Kind;
use mesh_common::mesh::{Error, Exit};
use mesh_common::terminal::{Interrupt, Streams};

use super::lineage::Lineage;
use super::observe::{Place, Seen};
use super::plan::{Has, Obstacle, Part, Rotation, Sort, obstacles};
use super::resolve::Order;
use super::successor::{Minted, make_token, prove};
use super::watch::Watch;
use super::{revoke, swap};

/// What the work on all tokens shares.
pub(super) struct Work<'a> {
    pub order: &'a Order,
    pub connector: &'a Connector,
    pub interrupt: &'a Interrupt,
    pub streams: &'a Streams,
    pub seen: &'a Seen,
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
        let mut in_the_way = obstacles(rotation, self.seen);
        let minted = make_token(self, rotation).await?;
        prove(self, rotation, &minted).await?;
        let parts = rotation.named(&self.seen.places);
        let handed = fan_out(parts, |part| self.hand_over(part, &minted)).await;
        let (mut failed, mut interrupted) = (Vec::new(), None);
        for result in handed {
            match result {
                Ok(obstacle) => in_the_way.extend(obstacle),
                // One Ctrl-C stops all that was to come.
                Err(error) if error.kind() == Kind::Interrupted => interrupted = Some(error),
                Err(error) => failed.push(error),
            }
        }
        failed.extend(interrupted);
        if failed.is_empty() {
            in_the_way.extend(revoke::still_held(self, rotation).await?);
        }
        if in_the_way.is_empty() && failed.is_empty() {
            revoke::revoke(self, rotation, &minted).await?;
            return Ok(Exit::Fine);
        }
        self.say_not_revoked(rotation, &in_the_way);
        let exit = in_the_way
            .iter()
            .fold(Exit::Partial, |exit, one| exit.worse(one.exit));
        Error::all(failed).map_or(Ok(exit), Err)
    }

    /// Gives one holder the new token and waits for its istiods; says what stands in the way of revoking, if anything.
    async fn hand_over(&self, part: &Part, minted: &Minted) -> Result<Option<Obstacle>, Error> {
        let place = self.place(part.entry.place);
        let watch = Watch::begin(self, place, &part.entry);
        let mut watch = self.interrupt.or(watch).await?;
        let written = swap::hand_over(self, part, minted).await?;
        let context = place.context();
        let word = match part.has {
            Has::Old => "rotated",
            Has::New => "has the new token already",
        };
        self.streams.data(&format!(
            "secret/{} {word} in context {context}\n",
            part.entry.name()
        ))?;
        watch.until_taken(self, part, &written).await
    }

    fn say_not_revoked(&self, rotation: &Rotation, in_the_way: &[Obstacle]) {
        for one in in_the_way {
            self.streams.warn(&one.what);
        }
        self.streams.warn(&format!(
            "the old token of secret {} in context {} is not revoked: every holder goes on working with the token that it has",
            rotation.lineage.old_name(),
            self.source(&rotation.lineage).context()
        ));
        let mut ways: Vec<&str> = in_the_way.iter().map(|one| one.way.as_str()).collect();
        ways.dedup();
        for way in ways {
            self.streams.say(&format!("hint: {way}"));
        }
        self.streams.say(
            "hint: then run the same command again: it goes on with the new token that is there",
        );
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
        let in_the_way = obstacles(rotation, self.seen);
        if in_the_way.is_empty() {
            self.streams.data(&revoke::line(lineage, source, suffix))?;
            return Ok(Exit::Fine);
        }
        self.say_not_revoked(rotation, &in_the_way);
        Ok(Exit::Partial)
    }
}
