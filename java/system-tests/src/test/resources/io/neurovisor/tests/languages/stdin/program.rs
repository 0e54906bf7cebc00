use std::io;

fn main() {
    let lines: Vec<String> = io::stdin().lines().map_while(Result::ok).collect();
    println!("{} {}", lines.len(), lines.last().unwrap().to_uppercase());
}
