//! The binary that kubectl finds for `kubectl mesh-secret`.

fn main() -> std::process::ExitCode {
    mesh_common::terminal::run::<kubectl_mesh_secret::Cli>(std::env::args_os())
}
