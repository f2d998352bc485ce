//! The cost of one run of a program, and of many.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use mesh_testkit::parts::workspace_binary;
use serde_json::Value;

/// The cost of one run: seconds and bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// From start to end.
    pub(super) wall: f64,
    /// In user mode and in the kernel.
    pub(super) cpu: f64,
    /// The most memory that was resident.
    pub(super) memory: f64,
}

/// The program that measures.
pub(super) struct Meter {
    program: PathBuf,
}

impl Meter {
    /// Builds it where that is needed.
    pub(super) fn build() -> Result<Self> {
        Ok(Self {
            program: workspace_binary("xtask", "xtask-measure")?,
        })
    }

    /// Runs a program, which must end with 0, and sees nothing of this process's environment but `home`.
    pub(super) fn run<A: AsRef<OsStr>>(
        &self,
        program: &Path,
        args: &[A],
        home: &Path,
    ) -> Result<Cost> {
        let output = Command::new(&self.program)
            .arg(program)
            .args(args)
            .env_clear()
            .env("HOME", home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(home)
            .stdin(Stdio::null())
            .output()
            .context("cannot run xtask-measure")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{}: {}",
            program.display(),
            said.trim()
        );
        let figures: Value = serde_json::from_slice(&output.stdout)?;
        ensure!(
            figures["code"] == 0,
            "{} ended with {}: {}",
            program.display(),
            figures["code"],
            said.trim()
        );
        let number = |name: &str| figures[name].as_f64().with_context(|| format!("no {name}"));
        Ok(Cost {
            wall: number("wall_ns")? / 1e9,
            cpu: number("cpu_ns")? / 1e9,
            memory: number("peak_bytes")?,
        })
    }
}

/// The figures of many runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Costs(Vec<Cost>);

impl Costs {
    pub(super) fn add(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    pub(super) fn runs(&self) -> usize {
        self.0.len()
    }

    /// The value that this share of the runs stays at or below, 0.5 for the median; 0 where there was no run.
    pub(super) fn quantile(&self, share: f64, of: impl Fn(&Cost) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let mut below = 0.0;
        #[expect(clippy::cast_precision_loss, reason = "there are not so many runs")]
        let all = values.len() as f64;
        for value in &values {
            below += 1.0;
            if below >= share * all {
                return *value;
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Costs};

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let mut costs = Costs::default();
        assert_eq!(costs.quantile(0.5, |cost| cost.wall).to_bits(), 0);
        for wall in [5.0, 1.0, 4.0, 2.0, 3.0] {
            costs.add(Cost {
                wall,
                cpu: 0.0,
                memory: 0.0,
            });
        }
        let at = |share| costs.quantile(share, |cost| cost.wall).to_string();
        assert_eq!([at(0.5), at(0.9), at(1.0)], ["3", "5", "5"]);
    }
}
