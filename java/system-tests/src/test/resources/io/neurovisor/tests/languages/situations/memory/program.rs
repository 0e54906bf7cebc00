fn main() {
    println!("allocating");
    let mut blocks = Vec::new();
    loop {
        blocks.push(vec![b'x'; 4_000_000]);
        std::hint::black_box(&blocks);
    }
}
