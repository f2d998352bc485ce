//! Finding and merging the kubeconfig files.
//!
//! <https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files>

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::in_cluster::InCluster;
use crate::credential::Preferences;
use mesh_model::Error;
use mesh_model::command::{Command, Knob, Step};
use mesh_model::kubeconfig::{self, Config, Defect, Entry};

/// All kubeconfig files that apply, merged. Its `Debug` shows names alone.
pub struct Kubeconfig {
    pub(super) origins: Vec<Origin>,
    /// The file of `--kubeconfig`, which commands in hints need too.
    pub(super) explicit: Option<PathBuf>,
    pub(super) preferences: Preferences,
    pub(super) current_context: Option<String>,
    pub(super) clusters: Entries,
    pub(super) contexts: Entries,
    pub(super) users: Entries,
}

/// The origin of entries.
pub(super) enum Origin {
    /// A file of this machine; relative paths in it are relative to its folder.
    File(PathBuf),
    /// A text from elsewhere, with this label.
    Elsewhere(String),
    /// The flags of this run.
    Flags,
    /// The service account of the pod that the suite runs in, in this folder.
    Pod(PathBuf),
}

/// Named entries in the order in which they were first read; the first file with a name takes precedence.
#[derive(Default)]
pub(super) struct Entries {
    list: Vec<Found>,
    index: BTreeMap<String, usize>,
    hidden: Vec<Found>,
}

/// An entry, with the index of its origin.
pub(super) struct Found {
    pub(super) entry: Entry,
    pub(super) origin: usize,
}

impl Kubeconfig {
    /// Reads the files that kubectl would read: `--kubeconfig`, otherwise `$KUBECONFIG`, otherwise `~/.kube/config`.
    ///
    /// # Errors
    /// The file of `--kubeconfig` is missing, a file cannot be read or is not a kubeconfig, or all files together have
    /// no context. Missing files in `$KUBECONFIG` are skipped, as by kubectl.
    pub fn load(
        explicit: Option<&Path>,
        kubeconfig_variable: Option<&OsStr>,
        home: Option<&Path>,
    ) -> Result<Self, Error> {
        Self::load_in_pod(explicit, kubeconfig_variable, home, None)
    }

    /// Reads the same files, or the pod's own access if no file is named and the default ones are empty or missing.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub fn load_in_pod(
        explicit: Option<&Path>,
        kubeconfig_variable: Option<&OsStr>,
        home: Option<&Path>,
        pod: Option<&InCluster>,
    ) -> Result<Self, Error> {
        let explicit = explicit.filter(|path| !path.as_os_str().is_empty());
        let paths = match explicit {
            Some(path) => vec![path.to_path_buf()],
            None => usual_paths(kubeconfig_variable, home),
        };
        let mut merged = Self::empty();
        merged.explicit = explicit.map(Path::to_path_buf);
        let (mut missing, mut wrong) = (Vec::new(), Vec::new());
        for path in paths {
            match fs::read(&path) {
                Ok(bytes) => wrong.extend(merged.add_file(path, &bytes).err()),
                Err(error) if error.kind() == io::ErrorKind::NotFound && explicit.is_none() => {
                    missing.push(path);
                }
                Err(error) => wrong.push(unreadable(&path, error)),
            }
        }
        if let Some(error) = Error::all(wrong) {
            return Err(error);
        }
        let is_empty = explicit.is_none()
            && [&merged.contexts, &merged.clusters].map(Entries::is_empty) == [true; 2];
        if let Some(pod) = pod.filter(|_| is_empty) {
            merged.add(Origin::Pod(pod.folder.clone()), pod.config());
        }
        if merged.origins.is_empty() {
            return Err(no_files(&missing));
        }
        if merged.context_names().next().is_none() {
            return Err(
                Error::usage(format!("kubeconfig {} has no contexts", merged.described()))
                    .hint(merged.kubectl().config().words("view"))
                    .hint(name_file("another file")),
            );
        }
        Ok(merged)
    }

    /// Reads a text from elsewhere, with the name `label`.
    pub(super) fn from_text(text: &str, label: &str) -> Result<Self, Error> {
        let mut only = Self::empty();
        let config = kubeconfig::load(text.as_bytes())
            .map_err(|defect| not_valid(&format!("the kubeconfig of {label}"), &defect))?;
        only.add(Origin::Elsewhere(label.to_owned()), config);
        Ok(only)
    }

    /// Sets the preferences with the policy for credential plugins. Without preferences all plugins may run.
    #[must_use]
    pub fn with_preferences(mut self, preferences: Preferences) -> Self {
        self.preferences = preferences;
        self
    }

    /// Returns the names of all contexts, in the order of the files. A context without a name cannot be used.
    pub fn context_names(&self) -> impl Iterator<Item = &str> {
        self.contexts.names()
    }

    /// Returns the current context's name, whether or not that context exists.
    pub fn current_context(&self) -> Option<&str> {
        self.current_context.as_deref()
    }

    /// Returns the files that were read, for messages.
    pub(super) fn described(&self) -> String {
        let names: Vec<_> = self.origins.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    pub(super) fn empty() -> Self {
        Self {
            origins: Vec::new(),
            explicit: None,
            preferences: Preferences::default(),
            current_context: None,
            clusters: Entries::default(),
            contexts: Entries::default(),
            users: Entries::default(),
        }
    }

    fn add_file(&mut self, path: PathBuf, bytes: &[u8]) -> Result<(), Error> {
        let config = kubeconfig::load(bytes)
            .map_err(|defect| not_valid(&format!("kubeconfig {}", path.display()), &defect))?;
        self.add(Origin::File(path), config);
        Ok(())
    }

    pub(super) fn add(&mut self, origin: Origin, config: Config) {
        let index = self.origins.len();
        self.origins.push(origin);
        if self.current_context.is_none() {
            self.current_context = Some(config.current).filter(|name| !name.is_empty());
        }
        self.clusters.add(config.clusters, index);
        self.contexts.add(config.contexts, index);
        self.users.add(config.users, index);
    }
}

impl Entries {
    fn add(&mut self, entries: Vec<Entry>, origin: usize) {
        for entry in entries {
            let found = Found { entry, origin };
            if self.index.contains_key(&found.entry.name) {
                self.hidden.push(found);
            } else {
                self.index.insert(found.entry.name.clone(), self.list.len());
                self.list.push(found);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Found> {
        self.list.get(*self.index.get(name)?)
    }

    /// Returns the entry of that name in the file of `origin`, if an earlier file has another one of the same name.
    pub(super) fn hidden(&self, name: &str, origin: usize) -> Option<&Found> {
        let winner = self.get(name)?;
        self.hidden.iter().find(|found| {
            found.origin == origin
                && found.entry.name == name
                && found.entry.fields != winner.entry.fields
        })
    }

    /// Returns all entries that an earlier file hides.
    pub(super) fn all_hidden(&self) -> &[Found] {
        &self.hidden
    }

    pub(super) fn of_origin(&self, origin: usize) -> impl Iterator<Item = &Found> {
        self.list.iter().filter(move |found| found.origin == origin)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.list.iter().map(|found| found.entry.name.as_str());
        names.filter(|name| !name.is_empty())
    }
}

impl Origin {
    /// Returns the folder that paths are relative to; `None` for a text from elsewhere, whose paths are not valid here.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path.parent().unwrap_or(Path::new(""))),
            Self::Pod(folder) => Some(folder),
            Self::Flags => Some(Path::new("")),
            Self::Elsewhere(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Elsewhere(label) => write!(f, "of {label}"),
            Self::Flags => f.write_str("of the flags"),
            Self::Pod(folder) => write!(f, "of this pod in {}", folder.display()),
        }
    }
}

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubeconfig")
            .field("files", &self.described())
            .field("current_context", &self.current_context)
            .field("contexts", &self.context_names().count())
            .finish_non_exhaustive()
    }
}

fn usual_paths(variable: Option<&OsStr>, home: Option<&Path>) -> Vec<PathBuf> {
    let Some(variable) = variable.filter(|list| !list.is_empty()) else {
        let usual = home.map(|home| home.join(".kube").join("config"));
        return usual.into_iter().collect();
    };
    let mut listed: Vec<PathBuf> = Vec::new();
    for path in std::env::split_paths(variable) {
        if !path.as_os_str().is_empty() && !listed.contains(&path) {
            listed.push(path);
        }
    }
    listed
}

fn no_files(missing: &[PathBuf]) -> Error {
    let tried: Vec<_> = missing
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let sentence = if tried.is_empty() {
        "no kubeconfig is named, neither by --kubeconfig nor by $KUBECONFIG nor by a home folder"
            .to_owned()
    } else {
        format!("no kubeconfig found at {}", tried.join(", "))
    };
    Error::usage(sentence).hint(name_file("a file"))
}

fn name_file(which: &str) -> Step {
    let step = Step::new(format!("name {which} with "));
    step.knob(Knob::Kubeconfig).text(" or $KUBECONFIG")
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Error::usage(format!("kubeconfig {path} does not exist"))
            .hint(Command::new("ls -l").arg(&path.to_string())),
        io::ErrorKind::IsADirectory => {
            Error::usage(format!("kubeconfig {path} is a folder, not a file"))
                .hint(Command::new("ls").arg(&path.to_string()))
        }
        _ => Error::usage(format!("kubeconfig {path} cannot be read"))
            .because(error)
            .hint(Command::new("ls -l").arg(&path.to_string())),
    }
}

fn not_valid(described: &str, defect: &Defect) -> Error {
    let error = Error::usage(format!("{described} is not valid: {defect}"));
    match defect {
        Defect::Broken(_) => error,
        Defect::Duplicate { .. } => error.hint(
            "give one of the two another name, or remove it; kubectl refuses the file as well",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::kubeconfig::tests::{EAST, Files, of_one};
    use crate::{CredentialKind, Kubeconfig, Overrides};

    #[test]
    fn a_file_that_has_one_name_twice_is_refused_and_two_files_are_not() {
        let pasted = |list: &str| format!("{EAST}{list}");
        for (list, expected) in [
            (
                "- {name: jane, user: {token: s3cret-west}}\n",
                r#"kubeconfig config is not valid: two users are called "jane""#,
            ),
            (
                "- {name: joe}\nextensions: [{name: x, extension: 1}, {name: x, extension: 1}]\n",
                r#"kubeconfig config is not valid: two extensions are called "x""#,
            ),
        ] {
            let files = Files::new(&[("config", &pasted(list))]);
            let error = Kubeconfig::load(Some(&files.path("config")), None, None).unwrap_err();
            assert_eq!(files.plain(&error), expected);
            assert!(error.hints()[0].to_string().contains("another name"));
        }
        // The same file twice is one file.
        let files = Files::new(&[("a", EAST), ("b", EAST)]);
        assert!(files.load(&["a", "a", "b"]).is_ok());
    }

    #[test]
    fn an_entry_without_a_name_cannot_be_used_and_the_others_can() {
        let text = EAST
            .replace("clusters:\n", "clusters:\n- null\n")
            .replace(
                "contexts:\n",
                "contexts:\n- {name: null, context: {cluster: east-cluster}}\n",
            )
            .replace("users:\n", "users:\n- user: {token: s3cret}\n");
        let loaded = of_one(&text).unwrap();
        assert_eq!(loaded.context_names().collect::<Vec<_>>(), ["east"]);
        let east = loaded.target(&Overrides::default()).unwrap();
        assert_eq!(east.server(), "https://east.example:6443/");
        let exec = EAST.replace(
            "{token: s3cret-token}",
            "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [{name: A, value: null}]}}",
        );
        let target = of_one(&exec)
            .unwrap()
            .target(&Overrides::default())
            .unwrap();
        assert_eq!(target.credential().kind(), CredentialKind::Exec);
    }

    #[test]
    fn wide_text_is_read_by_its_byte_order_mark() {
        let units = || std::iter::once(0xfeff).chain(EAST.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            &little[..],
            &big[..],
            b"\xef\xbb\xbfcurrent-context: east\ncontexts: [{name: east}]",
        ] {
            let files = Files::new(&[]);
            fs::write(files.path("config"), bytes).unwrap();
            let loaded = files.load(&["config"]).unwrap();
            assert_eq!(loaded.current_context(), Some("east"));
        }
        // Without the byte order mark it is not a text, as for kubectl.
        let files = Files::new(&[]);
        fs::write(files.path("config"), &little[2..]).unwrap();
        assert!(files.load(&["config"]).is_err());
    }
}
