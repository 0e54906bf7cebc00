// Forks as fast as it can, in Rust.
// @promise guest account
// @layer guest
// @held refused "EAGAIN"
// @left 0
mod attempt;

use std::process::Command;

fn main() {
    let mut children = Vec::new();
    let refusal = loop {
        match Command::new("sleep").arg("300").spawn() {
            Ok(child) => children.push(child),
            Err(error) => break attempt::name(&error),
        }
        if children.len() > 5000 {
            break "nothing".to_owned();
        }
    };
    attempt::held("refused", refusal != "nothing", refusal);
    for mut child in children {
        let _ = child.kill();
        let _ = child.wait();
    }
}
