use std::env;

fn main() {
    let secret = if env::var("SECRET").is_ok() { "True" } else { "False" };
    println!("{} {} {secret}", env::var("GREETING").unwrap(), env::var("HOME").unwrap());
}
