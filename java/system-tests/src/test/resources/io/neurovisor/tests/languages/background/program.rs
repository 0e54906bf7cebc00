use std::process::Command;

fn main() {
    Command::new("sleep").arg("1000").spawn().unwrap();
    println!("gone");
}
