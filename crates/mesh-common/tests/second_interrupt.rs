//! A program that computes hears of no Ctrl-C, and ends with the second one all the same.
//!
//! It has a `main` of its own, since it runs itself as that program.

#[cfg(unix)]
mod program {
    use std::convert::Infallible;
    use std::io::Write as _;
    use std::time::Duration;

    use clap::Parser;
    use mesh_common::model::{Error, Exit};
    use mesh_common::terminal::{Call, Plugin};
    use mesh_testkit::command::Run;
    use mesh_testkit::condition;

    /// The argument by which this program computes.
    const COMPUTES: &str = "--computes";

    #[derive(Parser)]
    struct Busy {
        /// Computes for ever.
        #[arg(long)]
        computes: bool,
    }

    impl Plugin for Busy {
        const TYPED: &'static str = "kubectl mesh-busy";

        fn verbosity(&self) -> u8 {
            0
        }

        async fn run(self, _call: Call<'_>) -> Result<Exit, Error> {
            assert!(self.computes);
            match computes() {}
        }
    }

    /// Never lets the runtime have its turn.
    fn computes() -> Infallible {
        let mut number = 1_u64;
        loop {
            for _ in 0..1_000_000 {
                number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005) + 1);
            }
            let mut out = std::io::stdout();
            let _ = writeln!(out, "{number}").and_then(|()| out.flush());
        }
    }

    pub(super) fn main() -> std::process::ExitCode {
        if std::env::args().any(|argument| argument == COMPUTES) {
            return mesh_common::terminal::run::<Busy>(std::env::args_os());
        }
        let itself = std::env::current_exe().expect("it runs");
        let running = Run::new(itself).arg(COMPUTES).spawn();
        let lines = || running.stdout().lines().count();
        let goes_on = |seen: usize| {
            let more = || (lines() > seen).then_some(());
            assert!(
                condition::wait_until(Duration::from_mins(1), more).is_some(),
                "it does not go on"
            );
        };
        goes_on(0);
        running.interrupt();
        goes_on(lines() + 2);
        running.interrupt();
        let output = running.wait();
        assert_eq!(output.code, 130, "{}", output.stderr);
        std::process::ExitCode::SUCCESS
    }
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    program::main()
}

#[cfg(not(unix))]
fn main() {}
