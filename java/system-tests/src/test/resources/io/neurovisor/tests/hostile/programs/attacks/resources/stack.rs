// Takes all memory as a stack of a thread, in Rust.
// @promise guest account
// @layer guest
// @line begun
// @outcome OUT_OF_MEMORY
// @killed .*
mod attempt;

fn main() {
    println!("begun");
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(vec![1; 1 << 20]);
    }
}
