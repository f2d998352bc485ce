//! The second Ctrl-C, which ends the program at once; the first one is [`mesh_client::Interrupt`].

/// Makes a second Ctrl-C end the program at once, whatever it does: code that computes does not react to the first one.
///
/// The program ends inside of the signal handler, without unwinding: the only exit beside that of `main`.
#[cfg(unix)]
pub(super) fn second_one_ends() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::SIGINT;
    use signal_hook::flag;

    let is_second = Arc::new(AtomicBool::new(false));
    let status = i32::from(mesh_model::Exit::Interrupted.code());
    // The order matters: the first Ctrl-C finds the flag unset, and sets it. Without handlers Ctrl-C ends the program
    // anyway.
    let armed = flag::register_conditional_shutdown(SIGINT, status, Arc::clone(&is_second));
    if armed.is_ok() {
        let _ = flag::register(SIGINT, is_second);
    }
}

/// Does nothing: without signals, a second Ctrl-C takes effect when the program next waits.
#[cfg(not(unix))]
pub(super) fn second_one_ends() {}
