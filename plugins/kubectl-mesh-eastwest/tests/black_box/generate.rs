//! `generate`: golden files of what it prints.

use mesh_testkit::command::Run;
use snapbox::{Data, file};

fn compare(line: &str, expected: Data) {
    let output = Run::new(env!("CARGO_BIN_EXE_kubectl-mesh_eastwest"))
        .args(line.split_whitespace())
        .output();
    snapbox::assert_data_eq!(output.golden(), expected);
}

#[test]
fn ambient() {
    compare(
        "generate --network network1 --ambient",
        file!["generate/ambient.txt"],
    );
}
