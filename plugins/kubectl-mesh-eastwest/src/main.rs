//! The binary that kubectl finds for `kubectl mesh-eastwest`.

fn main() -> std::process::ExitCode {
    mesh_common::terminal::run::<kubectl_mesh_eastwest::Cli>(std::env::args_os())
}
