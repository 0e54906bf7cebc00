// Blocks every signal by the number of the call and loops.
// @promise guest account
// @layer agent
// @line begun
// @outcome TIMED_OUT
// @timeout 30
mod attempt;

fn main() {
    let all = [u64::MAX];
    let _ = attempt::call(14, [0, all.as_ptr() as i64, 0, 8, 0]);
    println!("begun");
    loop {
        std::hint::spin_loop();
    }
}
