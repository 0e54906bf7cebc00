// Sends home by links what is not its own, by Rust.
// @promise output files
// @layer agent
// @refused hard EPERM EACCES unknown.*
// @refused write EACCES EROFS EPERM
// @file good
// @skipped is a symbolic link
mod attempt;

use std::fs;
use std::os::unix::fs::symlink;

fn main() {
    fs::create_dir_all("out").unwrap();
    fs::write("out/good", "good").unwrap();
    symlink("/etc/passwd", "out/link").unwrap();
    attempt::attempt("hard", fs::hard_link("/etc/passwd", "out/hard"));
    attempt::attempt("write", fs::write("/etc/passwd", "x"));
}
