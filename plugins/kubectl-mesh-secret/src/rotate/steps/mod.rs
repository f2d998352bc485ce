//! The steps of one rotation, in their order: `plan` (pure) says what will be written, then `new_token` issues the new token and
//! uses it once, `update` writes it to each holder, the istiods there are waited for (`adoption`), and `revoke` revokes the old
//! one. Each step does nothing where it was done before, so that a second run completes an interrupted one.

mod new_token;
mod plan;
mod report;
mod revoke;
mod rotate;
mod update;
mod work;

pub(super) use plan::Planned;
pub(super) use report::dry_run;
pub(super) use rotate::rotate;
pub(super) use work::Work;
