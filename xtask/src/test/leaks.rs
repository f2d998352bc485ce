//! Search for credentials in all that the plugins said in a run of tests.

use mesh_testkit::command::Recording;

use crate::secrets;

/// One line for each credential that was shown unasked, without the credential. Standard output may hold one where
/// a manifest was asked for, standard error never.
pub(super) fn leaks(recordings: &[Recording]) -> Vec<String> {
    recordings.iter().flat_map(leaks_of).collect()
}

fn leaks_of(recording: &Recording) -> Vec<String> {
    let stdout = if recording.manifest_requested {
        ""
    } else {
        &recording.stdout
    };
    [("stdout", stdout), ("stderr", &recording.stderr)]
        .into_iter()
        .flat_map(|(stream, text)| {
            secrets::find(text, secrets::IN_OUTPUT)
                .into_iter()
                .map(move |secret| {
                    format!(
                        "{} in {stream}, line {}, of `{}`",
                        secret.what,
                        secret.line,
                        command(recording)
                    )
                })
        })
        .collect()
}

/// The command, unless it holds a credential itself.
fn command(recording: &Recording) -> &str {
    let bare = recording.command.split(' ').next().unwrap_or_default();
    if secrets::find(&recording.command, secrets::IN_OUTPUT).is_empty() {
        &recording.command
    } else {
        bare
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(stdout: &str, stderr: &str, manifest_requested: bool) -> Recording {
        Recording {
            command: "kubectl-mesh_secret inspect".to_owned(),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            code: 0,
            manifest_requested,
        }
    }

    #[test]
    fn a_credential_is_named_but_not_shown() {
        let secret = "Bearer 0123456789abcdef0123";
        let found = leaks(&[recording("fine\n", &format!("a\n{secret}"), false)]);
        assert_eq!(
            found,
            ["a token in stderr, line 2, of `kubectl-mesh_secret inspect`"]
        );
    }

    #[test]
    fn a_manifest_that_was_asked_for_may_hold_one_on_stdout_alone() {
        let secret = "token: 0123456789abcdef0123";
        assert_eq!(leaks(&[recording(secret, "", true)]), [""; 0]);
        assert_eq!(leaks(&[recording(secret, "", false)]).len(), 1);
        assert_eq!(leaks(&[recording("", secret, true)]).len(), 1);
    }

    #[test]
    fn a_command_that_holds_one_is_cut() {
        let mut recording = recording("", "token: 0123456789abcdef0123", false);
        recording.command.push_str(" --token=0123456789abcdef0123");
        assert_eq!(
            leaks(&[recording]),
            ["a token in stderr, line 1, of `kubectl-mesh_secret`"]
        );
    }
}
