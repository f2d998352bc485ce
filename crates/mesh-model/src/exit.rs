//! The exit codes, the same for every plugin, verb and `-o`.

use std::process::ExitCode;

/// The result of a command; the number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, and nothing to report.
    Fine,
    /// 1: done, and there are findings, drift or a difference.
    Findings,
    /// 2: it failed, or the arguments are wrong.
    Failed,
    /// 3: partly done, because some cluster could not be reached.
    Partial,
    /// 4: a wait that was asked for timed out.
    WaitRanOut,
    /// 130: interrupted by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// Returns the exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Failed => 2,
            Self::Partial => 3,
            Self::WaitRanOut => 4,
            Self::Interrupted => 130,
        }
    }

    /// Returns the worse of two results: 130, 2, 4, 3, 1, 0, the first of these.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if self.rank() >= other.rank() {
            self
        } else {
            other
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Partial => 2,
            Self::WaitRanOut => 3,
            Self::Failed => 4,
            Self::Interrupted => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Failed, Findings, Fine, Interrupted, Partial, WaitRanOut};

    #[test]
    fn the_first_of_130_2_4_3_1_0_wins() {
        let order = [Interrupted, Failed, WaitRanOut, Partial, Findings, Fine];
        for (i, high) in order.iter().enumerate() {
            for low in &order[i..] {
                assert_eq!(high.worse(*low), *high);
                assert_eq!(low.worse(*high), *high);
            }
        }
    }
}
