//! Which files apply, and what they say together.
//!
//! <https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files>

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{self, ClusterEntry, ContextEntry, File, UserEntry};
use crate::mesh::Error;

/// All kubeconfig files that apply, merged. Its `Debug` shows names alone.
pub struct Kubeconfig {
    pub(super) origins: Vec<Origin>,
    /// The file of `--kubeconfig`, which commands in hints need as well.
    pub(super) explicit: Option<PathBuf>,
    pub(super) current_context: Option<String>,
    pub(super) clusters: Entries<ClusterEntry>,
    pub(super) contexts: Entries<ContextEntry>,
    pub(super) users: Entries<UserEntry>,
}

/// Where entries came from.
pub(super) enum Origin {
    /// A file of this machine; relative paths in it start at its folder.
    File(PathBuf),
    /// A text from elsewhere, known by this label.
    Elsewhere(String),
}

/// Named entries in the order in which they were first seen; the first of a name wins.
pub(super) struct Entries<T> {
    list: Vec<Entry<T>>,
    index: BTreeMap<String, usize>,
}

pub(super) struct Entry<T> {
    pub(super) name: String,
    /// The index of its origin.
    pub(super) origin: usize,
    pub(super) value: T,
}

impl Kubeconfig {
    /// Reads what kubectl would read: the file of `--kubeconfig`, else those of `$KUBECONFIG`, else
    /// `~/.kube/config`.
    ///
    /// # Errors
    /// A file that was named by `--kubeconfig` is missing, any of them cannot be read or is no kubeconfig, or all
    /// together have no context. Files of `$KUBECONFIG` that do not exist are skipped, as kubectl does.
    pub fn load(
        explicit: Option<&Path>,
        kubeconfig_variable: Option<&OsStr>,
        home: Option<&Path>,
    ) -> Result<Self, Error> {
        let explicit = explicit.filter(|path| !path.as_os_str().is_empty());
        let paths = match explicit {
            Some(path) => vec![path.to_path_buf()],
            None => usual_paths(kubeconfig_variable, home),
        };
        let mut merged = Self::empty();
        merged.explicit = explicit.map(Path::to_path_buf);
        let mut missing = Vec::new();
        for path in paths {
            match fs::read(&path) {
                Ok(bytes) => merged.add_file(path, &bytes)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound && explicit.is_none() => {
                    missing.push(path);
                }
                Err(error) => return Err(unreadable(&path, error)),
            }
        }
        if merged.origins.is_empty() {
            return Err(no_files(&missing));
        }
        if merged.contexts.list.is_empty() {
            return Err(
                Error::usage(format!("kubeconfig {} has no contexts", merged.described()))
                    .hint("kubectl config view")
                    .hint("name another file with --kubeconfig or $KUBECONFIG"),
            );
        }
        Ok(merged)
    }

    /// Reads a text that came from elsewhere, known as `label`.
    pub(super) fn from_text(text: &str, label: &str) -> Result<Self, Error> {
        let mut only = Self::empty();
        let files = file::parse(text)
            .map_err(|place| unparsable(&format!("the kubeconfig of {label}"), place))?;
        only.add(Origin::Elsewhere(label.to_owned()), files);
        Ok(only)
    }

    /// The names of all contexts, in the order of the files.
    pub fn context_names(&self) -> impl Iterator<Item = &str> {
        self.contexts.list.iter().map(|entry| entry.name.as_str())
    }

    /// The current context's name, whether or not there is such a context.
    pub fn current_context(&self) -> Option<&str> {
        self.current_context.as_deref()
    }

    /// The files that were read, as a person would name them.
    pub(super) fn described(&self) -> String {
        let names: Vec<_> = self.origins.iter().map(ToString::to_string).collect();
        names.join(", ")
    }

    fn empty() -> Self {
        Self {
            origins: Vec::new(),
            explicit: None,
            current_context: None,
            clusters: Entries::new(),
            contexts: Entries::new(),
            users: Entries::new(),
        }
    }

    fn add_file(&mut self, path: PathBuf, bytes: &[u8]) -> Result<(), Error> {
        let described = format!("kubeconfig {}", path.display());
        let text = std::str::from_utf8(bytes).map_err(|_| not_text(&described))?;
        let files = file::parse(text).map_err(|place| unparsable(&described, place))?;
        self.add(Origin::File(path), files);
        Ok(())
    }

    fn add(&mut self, origin: Origin, files: Vec<File>) {
        let index = self.origins.len();
        self.origins.push(origin);
        for file in files {
            if self.current_context.is_none() {
                self.current_context = file.current_context.filter(|name| !name.is_empty());
            }
            for named in file.clusters.into_iter().flatten() {
                self.clusters
                    .add(named.name, index, named.cluster.unwrap_or_default());
            }
            for named in file.contexts.into_iter().flatten() {
                self.contexts
                    .add(named.name, index, named.context.unwrap_or_default());
            }
            for named in file.users.into_iter().flatten() {
                self.users
                    .add(named.name, index, named.user.unwrap_or_default());
            }
        }
    }
}

impl<T> Entries<T> {
    fn new() -> Self {
        Self {
            list: Vec::new(),
            index: BTreeMap::new(),
        }
    }

    fn add(&mut self, name: String, origin: usize, value: T) {
        if !self.index.contains_key(&name) {
            self.index.insert(name.clone(), self.list.len());
            self.list.push(Entry {
                name,
                origin,
                value,
            });
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry<T>> {
        self.list.get(*self.index.get(name)?)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|entry| entry.name.as_str())
    }
}

impl Origin {
    /// The folder that relative paths start at; nothing for a text from elsewhere, whose paths mean nothing here.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path.parent().unwrap_or(Path::new(""))),
            Self::Elsewhere(_) => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Elsewhere(label) => write!(f, "of {label}"),
        }
    }
}

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubeconfig")
            .field("files", &self.described())
            .field("current_context", &self.current_context)
            .field("contexts", &self.contexts.list.len())
            .finish_non_exhaustive()
    }
}

fn usual_paths(variable: Option<&OsStr>, home: Option<&Path>) -> Vec<PathBuf> {
    let listed: Vec<_> = variable
        .into_iter()
        .flat_map(std::env::split_paths)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if listed.is_empty() {
        home.map(|home| home.join(".kube").join("config"))
            .into_iter()
            .collect()
    } else {
        listed
    }
}

fn no_files(missing: &[PathBuf]) -> Error {
    let tried: Vec<_> = missing
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let sentence = if tried.is_empty() {
        "no kubeconfig is named, and there is no home folder to look in".to_owned()
    } else {
        format!("no kubeconfig found at {}", tried.join(", "))
    };
    Error::usage(sentence).hint("name a file with --kubeconfig or $KUBECONFIG")
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            Error::usage(format!("kubeconfig {path} does not exist")).hint(format!("ls -l {path}"))
        }
        io::ErrorKind::IsADirectory => {
            Error::usage(format!("kubeconfig {path} is a folder, not a file"))
                .hint(format!("ls {path}"))
        }
        _ => Error::usage(format!("kubeconfig {path} cannot be read"))
            .because(error)
            .hint(format!("ls -l {path}")),
    }
}

fn not_text(described: &str) -> Error {
    Error::usage(format!("{described} is not a text file"))
}

fn unparsable(described: &str, place: Option<file::Place>) -> Error {
    let at = place.map_or(String::new(), |place| {
        format!(" at line {}, column {}", place.line, place.column)
    });
    Error::usage(format!("{described} is not a valid kubeconfig{at}"))
}
