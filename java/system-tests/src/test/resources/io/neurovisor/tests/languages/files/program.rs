use std::fs;

fn main() {
    let text = fs::read_to_string("in/data.txt").unwrap();
    fs::create_dir_all("out/deep").unwrap();
    fs::write("out/deep/result.txt", text.to_uppercase()).unwrap();
    println!("['in', 'out']");
}
