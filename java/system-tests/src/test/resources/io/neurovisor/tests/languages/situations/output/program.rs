use std::io::{self,Write};

fn main() {
    let block = vec![b'x'; 1_000_000];
    for _ in 0..70 {
        io::stdout().write_all(&block).unwrap();
    }
}
