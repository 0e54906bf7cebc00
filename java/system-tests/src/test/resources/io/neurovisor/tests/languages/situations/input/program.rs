use std::{env, fs, io};

fn main() {
    let lines: Vec<String> = io::stdin().lines().map_while(Result::ok).collect();
    println!("{} {}", lines.len(), lines.last().unwrap().to_uppercase());
    let secret = if env::var("SECRET").is_ok() { "True" } else { "False" };
    println!("{} {} {secret}", env::var("GREETING").unwrap(), env::var("HOME").unwrap());
    for argument in env::args().skip(1) {
        println!("<{argument}>");
    }
    let text = fs::read_to_string("in/data.txt").unwrap();
    fs::create_dir_all("out/deep").unwrap();
    fs::write("out/deep/result.txt", text.to_uppercase()).unwrap();
}
