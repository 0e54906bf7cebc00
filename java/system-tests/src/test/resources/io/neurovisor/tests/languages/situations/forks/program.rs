use std::process::Command;

fn main() {
    println!("started");
    let mut children = 0;
    while Command::new("sleep").arg("1000").spawn().is_ok() {
        children += 1;
    }
    println!("{}", if children < 300 { "bounded" } else { "not bounded" });
}
