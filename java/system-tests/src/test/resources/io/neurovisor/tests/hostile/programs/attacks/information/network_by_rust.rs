// Reaches other machines, in Rust.
// @promise virtual machine
// @layer 6
// @refused metadata ENETUNREACH
// @refused internet ENETUNREACH
// @refused datagram ENETUNREACH
mod attempt;

use std::net::{TcpStream, UdpSocket};

fn main() {
    attempt::attempt("metadata", TcpStream::connect("169.254.169.254:80"));
    attempt::attempt("internet", TcpStream::connect("1.1.1.1:443"));
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    attempt::attempt("datagram", socket.send_to(b"x", "8.8.8.8:53"));
}
