//! What remote secrets have in common, in memory once: a mesh of a hundred clusters has ten thousand secrets, with a hundred
//! kubeconfigs and a hundred names in all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use sha2::{Digest as _, Sha256};

use super::found::JudgedKey;
use super::salt::Salt;
use crate::{Error, access_facts, istiod_rules};

/// The parts that the secrets of one run have in common. Each kubeconfig is parsed and judged once, however many secrets of however many
/// clusters have it; of one that nobody holds any more only the facts are left.
pub struct SecretPool {
    salt: Salt,
    known: Mutex<BTreeMap<Digest256, Known>>,
    frames: Mutex<BTreeMap<Digest256, Weak<Secret>>>,
}

type Digest256 = [u8; 32];

struct Known {
    value: Weak<Kubeconfig>,
    facts: Facts,
}

/// The facts of a kubeconfig, once it was judged.
type Facts = Arc<OnceLock<Arc<JudgedKey>>>;

/// The value of a data key; it gives access in clear.
pub(super) struct Kubeconfig {
    bytes: ByteString,
    facts: Facts,
}

impl SecretPool {
    /// Returns an empty pool, with a new salt for the marks of its kubeconfigs.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn new() -> Result<Self, Error> {
        Ok(Self::with(Salt::random()?))
    }

    fn with(salt: Salt) -> Self {
        Self {
            salt,
            known: Mutex::default(),
            frames: Mutex::default(),
        }
    }

    /// Returns the pool of tests, whose marks are the same in all of them.
    #[cfg(test)]
    pub(crate) fn of_tests() -> Self {
        Self::with(Salt::of_tests())
    }

    /// Returns the value that all secrets with these bytes share.
    pub(super) fn shared(&self, bytes: ByteString) -> Arc<Kubeconfig> {
        let digest = Sha256::digest(&bytes.0).into();
        let mut known = locked(&self.known);
        let known = known.entry(digest).or_insert_with(|| Known {
            value: Weak::new(),
            facts: Facts::default(),
        });
        known.value.upgrade().unwrap_or_else(|| {
            let facts = Arc::clone(&known.facts);
            let new = Arc::new(Kubeconfig { bytes, facts });
            known.value = Arc::downgrade(&new);
            new
        })
    }

    /// Returns the facts of a kubeconfig. Where another thread judges it at this moment, it waits for that.
    pub(super) fn judged(&self, value: &Kubeconfig) -> Arc<JudgedKey> {
        let judge = || Arc::new(judge(&value.bytes.0, &self.salt));
        Arc::clone(value.facts.get_or_init(judge))
    }

    /// Returns the object that all secrets share which are the same but for what the server gives each of its own.
    pub(super) fn frame(&self, secret: Secret) -> Arc<Secret> {
        let Ok(text) = serde_json::to_vec(&secret) else {
            return Arc::new(secret);
        };
        let mut frames = locked(&self.frames);
        let known = frames.entry(Sha256::digest(&text).into()).or_default();
        known.upgrade().unwrap_or_else(|| {
            let new = Arc::new(secret);
            *known = Arc::downgrade(&new);
            new
        })
    }

    /// Returns the number of different kubeconfigs that were judged.
    pub fn len(&self) -> usize {
        let known = locked(&self.known);
        let judged = known.values();
        judged.filter(|one| one.facts.get().is_some()).count()
    }

    /// Returns whether none was judged.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Locks what is whole also after a panic of another thread.
fn locked<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kubeconfig {
    /// Returns its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes.0
    }

    /// Returns its bytes, copied if others hold them too.
    pub(super) fn into_bytes(self: Arc<Self>) -> ByteString {
        match Arc::try_unwrap(self) {
            Ok(own) => own.bytes,
            Err(shared) => shared.bytes.clone(),
        }
    }

    /// Returns whether its facts are known already.
    pub(super) fn is_judged(&self) -> bool {
        self.facts.get().is_some()
    }
}

fn judge(value: &[u8], salt: &Salt) -> JudgedKey {
    let read = |document: &_| access_facts::marked(document, salt);
    let (verdict, read) = istiod_rules::judge_with(value, read);
    let (mut access, mark) = read.flatten().unzip();
    if let Some(token) = access
        .as_mut()
        .and_then(|access: &mut access_facts::AccessFacts| access.token.as_mut())
    {
        // Only who holds the token itself needs them.
        token.secret_uid = None;
        token.account_uid = None;
    }
    JudgedKey {
        refusal: verdict.err(),
        access,
        mark: mark.flatten(),
    }
}

impl std::fmt::Debug for SecretPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretPool").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::access::{Access, AccessTrust, AccessUser};

    fn kubeconfig(token: &str) -> String {
        let access = Access {
            server: "https://w:6443".to_owned(),
            trust: AccessTrust::Insecure,
            tls_server_name: None,
            proxy_url: None,
            user: AccessUser::Token(SecretString::from(token)),
        };
        access.to_kubeconfig("west")
    }

    fn judged(known: &SecretPool, text: &str) -> Arc<JudgedKey> {
        known.judged(&known.shared(ByteString(text.as_bytes().to_vec())))
    }

    #[test]
    fn one_that_many_secrets_have_is_judged_once() {
        let known = SecretPool::of_tests();
        let texts = ["a", "b", "a", "a", "b"].map(kubeconfig);
        let all = texts.each_ref().map(|text| judged(&known, text));
        assert!(Arc::ptr_eq(&all[0], &all[2]) && Arc::ptr_eq(&all[0], &all[3]));
        assert!(Arc::ptr_eq(&all[1], &all[4]) && !Arc::ptr_eq(&all[0], &all[1]));
        assert_eq!(known.len(), 2);
        // So is one that is no kubeconfig.
        let [one, other] = ["kind: [", "kind: ["].map(|text| judged(&known, text));
        assert!(Arc::ptr_eq(&one, &other) && one.refusal.is_some());
        assert_eq!(known.len(), 3);
    }

    #[test]
    fn the_value_is_in_memory_once_and_only_as_long_as_somebody_holds_it() {
        let known = SecretPool::of_tests();
        let shared = || known.shared(ByteString(kubeconfig("a").into_bytes()));
        let (one, other) = (shared(), shared());
        assert!(Arc::ptr_eq(&one, &other) && !one.is_judged() && known.is_empty());
        let facts = known.judged(&one);
        assert!(other.is_judged());
        let gone = Arc::downgrade(&one);
        drop(one);
        assert_eq!(other.into_bytes().0, kubeconfig("a").into_bytes());
        assert!(gone.upgrade().is_none());
        let again = shared();
        assert!(again.is_judged() && Arc::ptr_eq(&known.judged(&again), &facts));
    }

    #[test]
    fn secrets_that_differ_in_nothing_of_their_own_are_in_memory_once() {
        let pool = SecretPool::of_tests();
        let secret = |name: &str| {
            let mut secret = Secret::default();
            secret.metadata.name = Some(name.to_owned());
            pool.frame(secret)
        };
        let [one, same, other] = ["a", "a", "b"].map(secret);
        assert!(Arc::ptr_eq(&one, &same) && !Arc::ptr_eq(&one, &other));
        let gone = Arc::downgrade(&other);
        drop(other);
        assert!(gone.upgrade().is_none());
        assert_eq!(secret("b").metadata.name.as_deref(), Some("b"));
    }

    #[test]
    fn the_mark_tells_whether_two_keys_give_the_same_access() {
        let known = SecretPool::of_tests();
        let mark = |text: &str| judged(&known, text).mark.clone();
        let of = |token: &str| mark(&kubeconfig(token));
        assert!(of("a").is_some() && of("a") != of("b"));
        let renamed = kubeconfig("a").replace("west", "north");
        assert_eq!(mark(&renamed), of("a"));
        assert_eq!(mark("kind: Config"), None);
        let another = SecretPool::new().expect("there are random numbers");
        let of_another_run = judged(&another, &kubeconfig("a")).mark.clone();
        assert!(of_another_run.is_some() && of_another_run != of("a"));
    }
}
