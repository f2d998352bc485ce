//! The second Ctrl-C, which ends the program at once; the first one is [`mesh_client::Interrupt`].

/// From now on a second Ctrl-C ends the program at once, whatever it does: code that computes hears of no first one.
///
/// The program ends inside of the signal's handler, without unwinding: the one exit beside that of `main`.
#[cfg(unix)]
pub(super) fn second_one_ends() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::SIGINT;
    use signal_hook::flag;

    let is_second = Arc::new(AtomicBool::new(false));
    let status = i32::from(mesh_model::Exit::Interrupted.code());
    // In this order: the first one finds the flag down, and lifts it. Without handlers Ctrl-C ends the program anyway.
    let armed = flag::register_conditional_shutdown(SIGINT, status, Arc::clone(&is_second));
    if armed.is_ok() {
        let _ = flag::register(SIGINT, is_second);
    }
}

/// Where there are no signals, a second Ctrl-C is heard when the program next waits.
#[cfg(not(unix))]
pub(super) fn second_one_ends() {}
