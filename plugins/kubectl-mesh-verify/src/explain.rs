//! `explain`: what a check decides, and why it matters.

use clap::Args;
use mesh_common::model::error::Kind;
use mesh_common::model::finding::CheckId;
use mesh_common::model::suggest::close_names;
use mesh_common::model::verify::CAUSES;
use mesh_common::model::{Error, Exit};
use mesh_common::terminal::Streams;
use mesh_common::terminal::report_text::{line, wrapped};

/// Explain a check: the problem, why it matters, and what follows from it
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  # A check that a finding names
  kubectl mesh-verify explain secret-token-invalid")]
pub(crate) struct ExplainArgs {
    /// The id of a check
    #[arg(value_name = "ID")]
    pub id: String,
}

pub(crate) fn run(arguments: &ExplainArgs, streams: &mut Streams) -> Result<Exit, Error> {
    let Ok(check) = arguments.id.parse::<CheckId>() else {
        return Err(unknown(&arguments.id));
    };
    let mut text = String::new();
    line(
        &format!("{check} ({}): {}", check.severity().word(), check.title()),
        &mut text,
    );
    text.push('\n');
    wrapped("why", check.explanation(), &mut text);
    let effects: Vec<&str> = CAUSES
        .iter()
        .filter(|row| row.root == check)
        .flat_map(|row| row.effects)
        .map(|effect| effect.as_str())
        .collect();
    if !effects.is_empty() {
        wrapped("explains", &effects.join(", "), &mut text);
    }
    streams.data(&text)?;
    Ok(Exit::Fine)
}

fn unknown(id: &str) -> Error {
    let error = Error::new(Kind::Usage, format!("no check is called {id:?}"));
    let known = CheckId::ALL.iter().map(|check| check.as_str());
    let close = close_names(id, known);
    if close.is_empty() {
        error.hint("kubectl mesh-verify checks lists all checks")
    } else {
        error.hint(format!("did you mean {}?", close.join(", ")))
    }
}
