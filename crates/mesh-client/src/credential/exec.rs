//! Running credential plugins: each distinct command once per run, several at a time, none on the runtime's thread.
//!
//! <https://kubernetes.io/docs/reference/config-api/client-authentication.v1/>

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;
use tokio::sync::OnceCell;

use super::exec_fault::ExecFault;
use super::source::{ExecPlugin, Interactive};
use crate::{ConnectorOptions, Target};

const GROUP: &str = "client.authentication.k8s.io";

/// The answer of a credential plugin.
#[derive(Clone)]
pub(super) struct ExecAnswer {
    pub(super) token: Option<SecretString>,
    /// Certificate and key, as PEM text.
    pub(super) certificate: Option<(String, SecretString)>,
}

type Answer = Arc<OnceCell<Result<ExecAnswer, ExecFault>>>;

/// The answers of one run. Failures are cached too, so that a failing plugin does not run once for each context.
pub(crate) struct ExecCache {
    interactive: bool,
    timeout: Duration,
    notice_after: Duration,
    notice: Option<fn(&str)>,
    answers: Mutex<BTreeMap<String, Answer>>,
    /// Locked by a plugin that may prompt on standard input: two cannot prompt at once.
    asking: tokio::sync::Mutex<()>,
}

impl ExecCache {
    pub(crate) fn new(options: &ConnectorOptions) -> Self {
        Self {
            interactive: options.interactive,
            timeout: options.exec_timeout,
            notice_after: options.notice_after,
            notice: options.notice,
            answers: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// Returns the plugin's answer for `target`; runs it if no equal plugin was run before.
    pub(super) async fn answer(
        &self,
        plugin: &ExecPlugin,
        target: &Target,
    ) -> Result<ExecAnswer, ExecFault> {
        let info = self.exec_info(plugin)?;
        let key = json!([plugin.command, plugin.args, plugin.env, info]).to_string();
        let answer = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(key).or_default())
        };
        answer
            .get_or_init(|| self.run(plugin, &info, target))
            .await
            .clone()
    }

    async fn run(
        &self,
        plugin: &ExecPlugin,
        info: &serde_json::Value,
        target: &Target,
    ) -> Result<ExecAnswer, ExecFault> {
        let asks = info["spec"]["interactive"] == json!(true);
        let _turn = if asks {
            Some(self.asking.lock().await)
        } else {
            None
        };
        let program = plugin.preferences.allow(&plugin.command)?;
        let mut command = Command::new(program);
        command
            .args(&plugin.args)
            .envs(plugin.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", info.to_string())
            .stdin(if asks {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let output = self
            .bounded(command.output(), plugin, target)
            .await?
            .map_err(|error| not_started(plugin, &error))?;
        if !output.status.success() {
            return Err(ExecFault::Failed {
                command: plugin.command.clone(),
                status: describe(output.status),
            });
        }
        read_answer(plugin, &output.stdout)
    }

    /// Waits for `work` within the limit, if there is one, and prints a notice if that takes long.
    async fn bounded<T>(
        &self,
        work: impl Future<Output = T>,
        plugin: &ExecPlugin,
        target: &Target,
    ) -> Result<T, ExecFault> {
        let is_lifted = target
            .request_timeout()
            .is_some_and(|bound| bound.is_zero());
        let bound = Some(self.timeout).filter(|bound| !bound.is_zero() && !is_lifted);
        let too_late = async {
            match bound {
                Some(bound) => tokio::time::sleep(bound).await,
                None => std::future::pending().await,
            }
        };
        let noticed = async {
            if let Some(notice) = self.notice {
                tokio::time::sleep(self.notice_after).await;
                notice(&format!(
                    "waiting for the credential plugin {} of {}, which may wait for you to log in; Ctrl-C ends it",
                    plugin.command,
                    target.described()
                ));
            }
            std::future::pending::<std::convert::Infallible>().await
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = too_late => Err(ExecFault::TimedOut {
                command: plugin.command.clone(),
                seconds: self.timeout.as_secs(),
            }),
            never = noticed => match never {},
        }
    }

    /// Returns the content of `KUBERNETES_EXEC_INFO`.
    fn exec_info(&self, plugin: &ExecPlugin) -> Result<serde_json::Value, ExecFault> {
        let version = plugin
            .api_version
            .strip_prefix(GROUP)
            .and_then(|rest| rest.strip_prefix('/'));
        if !matches!(version, Some("v1" | "v1beta1")) {
            return Err(ExecFault::UnknownVersion {
                asked: if plugin.api_version.is_empty() {
                    "not set".to_owned()
                } else {
                    plugin.api_version.clone()
                },
            });
        }
        let interactive = match plugin.interactive {
            Interactive::Never => false,
            Interactive::IfAvailable => self.interactive,
            Interactive::Always if self.interactive => true,
            Interactive::Always => {
                return Err(ExecFault::NobodyToAsk {
                    command: plugin.command.clone(),
                });
            }
        };
        let mut spec = json!({ "interactive": interactive });
        if let Some(cluster) = &plugin.cluster_info {
            spec["cluster"] = cluster.clone();
        }
        Ok(json!({ "kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    api_version: Option<String>,
    status: Option<ExecStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

fn read_answer(plugin: &ExecPlugin, stdout: &[u8]) -> Result<ExecAnswer, ExecFault> {
    let unusable = |reason: &str| ExecFault::Unusable {
        command: plugin.command.clone(),
        reason: reason.to_owned(),
    };
    let answer: ExecCredential =
        serde_json::from_slice(stdout).map_err(|_| unusable("it is not JSON of that kind"))?;
    if answer.api_version.as_deref() != Some(&plugin.api_version) {
        return Err(unusable(&format!(
            "its apiVersion is not {}",
            plugin.api_version
        )));
    }
    let status = answer.status.ok_or_else(|| unusable("it has no status"))?;
    let token = status.token.filter(|token| !token.is_empty());
    let certificate = match (status.client_certificate_data, status.client_key_data) {
        (Some(certificate), Some(key)) => Some((certificate, SecretString::from(key))),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(unusable("it has a certificate or a key without the other"));
        }
    };
    if token.is_none() && certificate.is_none() {
        return Err(unusable("it has neither token nor certificate"));
    }
    Ok(ExecAnswer {
        token: token.map(SecretString::from),
        certificate,
    })
}

fn not_started(plugin: &ExecPlugin, error: &std::io::Error) -> ExecFault {
    if error.kind() == ErrorKind::NotFound {
        ExecFault::Missing {
            command: plugin.command.clone(),
            install_hint: plugin.install_hint.clone(),
        }
    } else {
        ExecFault::NotStarted {
            command: plugin.command.clone(),
            reason: error.to_string(),
        }
    }
}

fn describe(status: ExitStatus) -> String {
    status
        .code()
        .map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}
