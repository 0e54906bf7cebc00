// How hostile programs in Rust attempt something and tell what came of it.
#![allow(dead_code)]

use std::fmt::Debug;
use std::io;

extern "C" {
    fn syscall(number: i64, ...) -> i64;
}

pub fn name(error: &io::Error) -> String {
    let number = error.raw_os_error().unwrap_or(0);
    let known = match number {
        1 => "EPERM",
        2 => "ENOENT",
        3 => "ESRCH",
        9 => "EBADF",
        11 => "EAGAIN",
        12 => "ENOMEM",
        13 => "EACCES",
        14 => "EFAULT",
        16 => "EBUSY",
        19 => "ENODEV",
        22 => "EINVAL",
        24 => "EMFILE",
        27 => "EFBIG",
        28 => "ENOSPC",
        30 => "EROFS",
        36 => "ENAMETOOLONG",
        38 => "ENOSYS",
        95 => "EOPNOTSUPP",
        97 => "EAFNOSUPPORT",
        101 => "ENETUNREACH",
        _ => return format!("unknown: {error}"),
    };
    known.to_owned()
}

/// What ends without an error has worked.
pub fn attempt<T: Debug>(what: &str, result: io::Result<T>) {
    match result {
        Ok(value) => println!("ESCAPED {what} {value:?}"),
        Err(error) => println!("REFUSED {what} {}", name(&error)),
    }
}

/// A system call by its number.
pub fn call(number: i64, arguments: [i64; 5]) -> io::Result<i64> {
    let [a, b, c, d, e] = arguments;
    match unsafe { syscall(number, a, b, c, d, e) } {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}

pub fn held(what: &str, promised: bool, how: impl Debug) {
    println!("{} {what} {how:?}", if promised { "HELD" } else { "ESCAPED" });
}
