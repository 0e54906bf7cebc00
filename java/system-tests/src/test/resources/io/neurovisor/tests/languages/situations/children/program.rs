use std::os::unix::process::ExitStatusExt;
use std::process::Command;

fn main() {
    let status = Command::new("sh").args(["-c", "kill -KILL $$"]).status().unwrap();
    Command::new("sleep").arg("1000").spawn().unwrap();
    println!("child ended by signal {}", status.signal().unwrap());
}
