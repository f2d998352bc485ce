//! The binary that kubectl finds for `kubectl mesh-verify`.

fn main() -> std::process::ExitCode {
    mesh_common::terminal::run::<kubectl_mesh_verify::Cli>(std::env::args_os())
}
