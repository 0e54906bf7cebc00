// Sends the agent every signal there is, by kill and by a real-time queue.
// @promise guest account
// @layer guest
// @held delivered 0
mod attempt;

fn main() {
    let mut delivered = 0;
    let information = [0i64; 16];
    for signal in 1..=64 {
        delivered += attempt::call(62, [1, signal, 0, 0, 0]).is_ok() as u32;
        delivered += attempt::call(129, [1, signal, information.as_ptr() as i64, 0, 0]).is_ok() as u32;
    }
    attempt::held("delivered", delivered == 0, delivered);
}
