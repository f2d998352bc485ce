//! The binary that kubectl finds for `kubectl mesh-label`.

fn main() -> std::process::ExitCode {
    mesh_common::terminal::run::<kubectl_mesh_label::Cli>(std::env::args_os())
}
