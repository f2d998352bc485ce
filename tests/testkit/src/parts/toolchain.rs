//! Looks for a Go that can build the parts.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::module::Module;

const HOW_TO_INSTALL: &str = "install it from https://go.dev/dl/ or with the system's package manager, and put its bin folder on PATH";

/// Fails where no Go can be found or where it is older than the modules in `tests/tools` ask for, and says how to get one.
pub fn check_toolchain() -> Result<()> {
    let wanted = wanted_version()?;
    let output = match Command::new("go")
        .args(["env", "GOVERSION"])
        .current_dir(Module::Kubernetes.dir())
        .env("GOWORK", "off")
        .stdin(Stdio::null())
        .output()
    {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "Go {wanted} or newer is needed to build the real parts and there is no `go` on PATH: {HOW_TO_INSTALL}"
            )
        }
        Err(error) => return Err(error).context("cannot run go"),
    };
    if !output.status.success() {
        bail!(
            "Go {wanted} or newer is needed to build the real parts ({}): {HOW_TO_INSTALL}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let found = String::from_utf8_lossy(&output.stdout);
    let found = found.trim().trim_start_matches("go");
    if numbers(found) < numbers(&wanted) {
        bail!(
            "Go {wanted} or newer is needed to build the real parts and this is Go {found}: {HOW_TO_INSTALL}"
        );
    }
    Ok(())
}

fn wanted_version() -> Result<String> {
    let mut wanted = String::new();
    for module in Module::ALL {
        let text = module.read("go.mod")?;
        let version = text
            .lines()
            .find_map(|line| line.strip_prefix("go "))
            .with_context(|| format!("the go.mod of {} names no Go version", module.name()))?;
        if numbers(version) > numbers(&wanted) {
            version.clone_into(&mut wanted);
        }
    }
    Ok(wanted)
}

/// `1.26.8` as numbers; what follows them (`rc1`, ` X:experiment`) does not count.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map_while(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(numbers("1.9.3") < numbers("1.26.0"));
        assert!(numbers("1.26.8 X:nodwarf5") > numbers("1.26.0"));
        assert_eq!(numbers("1.27rc1"), [1, 27]);
    }
}
