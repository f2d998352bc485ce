//! Filling token Secrets, as the token controller of kube-controller-manager does.
//!
//! Claims: <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::background;
use crate::model::kinds::Kind;
use crate::objects::owners::{Owners, Writer};
use crate::objects::validate::{TOKEN_SECRET, TOKEN_SECRET_ACCOUNT};
use crate::state::grants::Grant;
use crate::state::shared::{Shared, State, TokenController};
use crate::state::store::Key;

/// The annotation of token Secrets that has the UID of the account.
const TOKEN_SECRET_UID: &str = "kubernetes.io/service-account.uid";

impl Shared {
    /// Lets the token controller run, now or after its delay.
    pub(crate) fn wake_token_controller(&self) {
        let controller = self.lock().token_controller;
        match controller {
            TokenController::Never => {}
            TokenController::After(delay) if delay.is_zero() => self.lock().run_token_controller(),
            TokenController::After(delay) => {
                let shared = self.clone();
                background::spawn(async move {
                    tokio::time::sleep(delay).await;
                    shared.lock().run_token_controller();
                });
            }
        }
    }
}

impl State {
    /// Does what the token controller of kube-controller-manager would do now: fills the token Secrets of accounts that are
    /// there, and deletes those of accounts that are not.
    pub(crate) fn run_token_controller(&mut self) {
        let secrets: Vec<(Key, Value)> = self
            .store
            .list("", "secrets", "")
            .into_iter()
            .filter(|(_, secret)| secret["type"] == TOKEN_SECRET)
            .map(|(key, secret)| (key.clone(), (**secret).clone()))
            .collect();
        for (key, secret) in secrets {
            let annotations = &secret["metadata"]["annotations"];
            let account = annotations[TOKEN_SECRET_ACCOUNT]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let wanted = annotations[TOKEN_SECRET_UID]
                .as_str()
                .map(ToOwned::to_owned);
            match self.uid_of(&Key::core("serviceaccounts", &key.namespace, &account)) {
                Some(uid) if wanted.as_ref().is_none_or(|wanted| *wanted == uid) => {
                    if secret["data"]["token"].is_null() {
                        self.fill_token_secret(key, &secret, account, uid);
                    }
                }
                Some(_) | None => {
                    self.store.remove(&key);
                }
            }
        }
    }

    fn fill_token_secret(&mut self, key: Key, old: &Value, account: String, uid: String) {
        let claims = json!({
            "iss": "kubernetes/serviceaccount",
            "kubernetes.io/serviceaccount/namespace": key.namespace,
            "kubernetes.io/serviceaccount/secret.name": key.name,
            "kubernetes.io/serviceaccount/service-account.name": account,
            "kubernetes.io/serviceaccount/service-account.uid": uid,
            "sub": format!("system:serviceaccount:{}:{account}", key.namespace),
        });
        let token = self.signer.sign(&claims);
        let mut new = old.clone();
        new["metadata"]["annotations"][TOKEN_SECRET_UID] = uid.as_str().into();
        for (field, value) in [
            ("ca.crt", self.ca_pem.as_str()),
            ("namespace", &key.namespace),
            ("token", &token),
        ] {
            new["data"][field] = STANDARD.encode(value).into();
        }
        let kind = self.kind("", "secrets").expect("secrets are built in");
        self.own_as_controller(&kind, old, &mut new);
        self.tokens.insert(
            token,
            Grant::InSecret {
                account,
                account_uid: uid,
                secret: key.clone(),
            },
        );
        self.store.put(key, new);
    }

    fn own_as_controller(&self, kind: &Kind, old: &Value, new: &mut Value) {
        let writer = Writer {
            apply: false,
            manager: "kube-controller-manager".to_owned(),
            api_version: kind.api_version(),
            subresource: String::new(),
        };
        let mut owners = Owners::of(old);
        owners.update(kind, &writer, old, new);
        owners.touch(&writer, &self.clock.text());
        owners.write_to(new);
    }
}
