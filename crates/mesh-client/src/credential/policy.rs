//! The policy for credential plugins in kubectl's preferences.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use super::exec_fault::ExecFault;
use mesh_model::Error;
use mesh_model::kuberc::{Defect, Policy, clean, policy};

/// kubectl's preferences file, and the folders in which commands are looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `None` if preferences are switched off.
    file: Option<PathBuf>,
    /// True if the file was named explicitly, so that it must exist.
    is_named: bool,
    path: Option<OsString>,
}

impl Preferences {
    /// Finds the file as kubectl does: `--kuberc`, otherwise `$KUBERC`, otherwise `~/.kube/kuberc`; `$KUBERC=off`
    /// switches preferences off. `path` is `$PATH`.
    ///
    /// # Errors
    /// `--kuberc` together with `$KUBERC=off`.
    pub fn find(
        flag: Option<&Path>,
        variable: Option<&OsStr>,
        home: Option<&Path>,
        path: Option<&OsStr>,
    ) -> Result<Self, Error> {
        let flag = flag.filter(|file| !file.as_os_str().is_empty());
        let variable = variable.filter(|value| !value.is_empty());
        if variable == Some(OsStr::new("off")) && flag.is_some() {
            return Err(Error::usage(
                "--kuberc names a file of preferences, and $KUBERC=off switches them off",
            )
            .hint("omit one of the two"));
        }
        let usual = || home.map(|home| home.join(".kube").join("kuberc"));
        let (file, is_named) = match (flag, variable) {
            (Some(file), _) => (Some(file.to_path_buf()), true),
            (None, Some(value)) if value == "off" => (None, false),
            (None, Some(value)) => (Some(PathBuf::from(value)), true),
            (None, None) => (usual(), false),
        };
        Ok(Self {
            file,
            is_named,
            path: path.map(OsStr::to_owned),
        })
    }

    /// Returns the command to run for `command`, if the policy allows it.
    pub(super) fn allow(&self, command: &str) -> Result<PathBuf, ExecFault> {
        let Some(file) = &self.file else {
            return Ok(PathBuf::from(command));
        };
        let denied = |reason: String| ExecFault::Denied {
            command: command.to_owned(),
            reason,
        };
        match self.read(file).map_err(denied)? {
            Policy::AllowAll => Ok(PathBuf::from(command)),
            Policy::DenyAll => Err(denied(format!(
                "credentialPluginPolicy in {} is DenyAll",
                file.display()
            ))),
            Policy::Allowlist(list) => self.listed(command, &list).ok_or_else(|| {
                denied(format!(
                    "credentialPluginAllowlist in {} does not list it",
                    file.display()
                ))
            }),
        }
    }

    fn read(&self, file: &Path) -> Result<Policy, String> {
        let shown = file.display();
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            // kubectl ignores a missing file unless it was named explicitly.
            Err(error) if !self.is_named => {
                tracing::debug!("no preferences are read from {shown}: {error}");
                return Ok(Policy::AllowAll);
            }
            Err(error) => return Err(format!("preferences {shown} cannot be read: {error}")),
        };
        match policy(&bytes) {
            Ok(policy) => Ok(policy),
            Err(Defect::NoPreferences) if !self.is_named => {
                tracing::debug!("{shown} holds no preferences of kubectl");
                Ok(Policy::AllowAll)
            }
            Err(Defect::NoPreferences) => Err(format!("{shown} holds no preferences of kubectl")),
            Err(Defect::Misconfigured(why)) => {
                Err(format!("preferences {shown} are not valid: {why}"))
            }
        }
    }

    /// Returns the command, as it is or as it was found, if an entry of the list matches it: by the same words, or as
    /// the same file.
    fn listed(&self, command: &str, list: &[String]) -> Option<PathBuf> {
        let cleaned = clean(command);
        let found = self.look_up(&cleaned);
        if list.contains(&cleaned) {
            return Some(found.unwrap_or_else(|| PathBuf::from(cleaned)));
        }
        let found = found?;
        let is_same = |entry: &String| {
            Path::new(entry) == found
                || (Path::new(entry).file_name() == found.file_name()
                    && self.look_up(entry).as_ref() == Some(&found))
        };
        list.iter().any(is_same).then_some(found)
    }

    /// Returns the file of a command: the command itself if it contains a separator, otherwise the first one in the
    /// folders of `$PATH`.
    fn look_up(&self, command: &str) -> Option<PathBuf> {
        if command.contains(MAIN_SEPARATOR) || command.contains('/') {
            return program(PathBuf::from(command));
        }
        let folders = std::env::split_paths(self.path.as_ref()?);
        // Go refuses a command from a folder that is not absolute.
        let absolute = folders.filter(|folder| folder.is_absolute());
        absolute
            .map(|folder| folder.join(command))
            .find_map(program)
    }
}

#[cfg(unix)]
fn program(path: PathBuf) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(&path).ok()?;
    let runs = metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
    runs.then_some(path)
}

/// Returns the program's file; on Windows it may have an extension that the command leaves out.
#[cfg(not(unix))]
fn program(path: PathBuf) -> Option<PathBuf> {
    let extended = ["", ".com", ".exe", ".bat", ".cmd"].map(|extension| {
        let mut name = path.clone().into_os_string();
        name.push(extension);
        PathBuf::from(name)
    });
    extended.into_iter().find(|path| path.is_file())
}
