fn main() {
    println!("partial");
    loop {
        std::hint::spin_loop();
    }
}
