//! Translates errors of the guest's kernel for the host.

use rustix::io::Errno;
use tonic::{Code, Status};

use crate::invalid::shown;

/// Returns the answer for an error about a path. Its message names the path and the problem. A prefix in capitals is the
/// name by which the host distinguishes errors of one code.
///
/// `RESOURCE_EXHAUSTED` needs such a prefix. Other limits of the guest are `FAILED_PRECONDITION`, which the host
/// understands as a refusal that may pass.
pub fn refusal(path: &str, error: Errno) -> Status {
    let (code, prefix, problem) = meaning(error);
    let path = shown(path);
    Status::new(code, format!("{prefix}{path} {problem}"))
}

/// Returns the answer for something that is not a regular file.
pub fn not_a_file(path: &str) -> Status {
    refusal(path, Errno::NXIO)
}

fn meaning(error: Errno) -> (Code, &'static str, String) {
    let (code, prefix, problem) = match error {
        Errno::NOENT => (Code::NotFound, "", "does not exist"),
        Errno::ACCESS | Errno::PERM => (
            Code::PermissionDenied,
            "",
            "is not accessible to the user of the sandbox",
        ),
        Errno::ROFS => (Code::PermissionDenied, "", "is read-only"),
        Errno::EXIST => (Code::AlreadyExists, "", "exists already"),
        Errno::NOTDIR => (
            Code::FailedPrecondition,
            "NOT_A_DIRECTORY: ",
            "is not a directory, or is below something that is not one",
        ),
        Errno::NOTEMPTY => (
            Code::FailedPrecondition,
            "NOT_EMPTY: ",
            "is a directory that is not empty",
        ),
        Errno::ISDIR => (
            Code::FailedPrecondition,
            "NOT_A_DIRECTORY: ",
            "is a directory, and a file is needed",
        ),
        Errno::NXIO | Errno::NODEV => (
            Code::PermissionDenied,
            "",
            "is a FIFO, a socket or a device, which cannot be read or written",
        ),
        Errno::BUSY | Errno::TXTBSY | Errno::AGAIN => {
            (Code::PermissionDenied, "", "is in use in another way")
        }
        Errno::LOOP => (
            Code::InvalidArgument,
            "path: ",
            "has too many symbolic links",
        ),
        Errno::XDEV => (
            Code::InvalidArgument,
            "path: ",
            "is not on the same file system: write a copy and remove the original",
        ),
        Errno::OPNOTSUPP => (
            Code::InvalidArgument,
            "path: ",
            "is on a file system that does not support this",
        ),
        Errno::NOSPC | Errno::DQUOT | Errno::NOMEM => (
            Code::ResourceExhausted,
            "DISK_FULL: ",
            "cannot be written: no space is left in the guest",
        ),
        Errno::MFILE | Errno::NFILE => (
            Code::FailedPrecondition,
            "",
            "cannot be opened now: too many files are open in the guest",
        ),
        Errno::NAMETOOLONG => (
            Code::InvalidArgument,
            "path: ",
            "has a part of more than 255 bytes, or more than 4095 bytes",
        ),
        Errno::FBIG => (
            Code::InvalidArgument,
            "path: ",
            "would be larger than the file system allows",
        ),
        Errno::INVAL => (Code::InvalidArgument, "path: ", "is not possible here"),
        Errno::TOOBIG | Errno::RANGE => (
            Code::InvalidArgument,
            "xattrs: ",
            "cannot have attributes of this size",
        ),
        other => {
            let text = std::io::Error::from(other).to_string();
            return (
                Code::PermissionDenied,
                "",
                format!("was refused by the kernel: {text}"),
            );
        }
    };
    (code, prefix, problem.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translates_each_error() {
        use Code::{
            AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied,
            ResourceExhausted,
        };
        for (error, code, prefix) in [
            (Errno::NOENT, NotFound, ""),
            (Errno::ACCESS, PermissionDenied, ""),
            (Errno::PERM, PermissionDenied, ""),
            (Errno::ROFS, PermissionDenied, ""),
            (Errno::EXIST, AlreadyExists, ""),
            (Errno::NOTDIR, FailedPrecondition, "NOT_A_DIRECTORY: "),
            (Errno::NOTEMPTY, FailedPrecondition, "NOT_EMPTY: "),
            (Errno::ISDIR, FailedPrecondition, "NOT_A_DIRECTORY: "),
            (Errno::NXIO, PermissionDenied, ""),
            (Errno::BUSY, PermissionDenied, ""),
            (Errno::TXTBSY, PermissionDenied, ""),
            (Errno::AGAIN, PermissionDenied, ""),
            (Errno::LOOP, InvalidArgument, "path: "),
            (Errno::XDEV, InvalidArgument, "path: "),
            (Errno::OPNOTSUPP, InvalidArgument, "path: "),
            (Errno::NOSPC, ResourceExhausted, "DISK_FULL: "),
            (Errno::DQUOT, ResourceExhausted, "DISK_FULL: "),
            (Errno::NOMEM, ResourceExhausted, "DISK_FULL: "),
            (Errno::MFILE, FailedPrecondition, ""),
            (Errno::NAMETOOLONG, InvalidArgument, "path: "),
            (Errno::FBIG, InvalidArgument, "path: "),
            (Errno::INVAL, InvalidArgument, "path: "),
            (Errno::TOOBIG, InvalidArgument, "xattrs: "),
            (Errno::IO, PermissionDenied, ""),
        ] {
            let status = refusal("/a\n", error);
            assert_eq!(status.code(), code, "{error:?}");
            let start = format!("{prefix}\"/a\\n\" ");
            assert!(status.message().starts_with(&start), "{status:?}");
            assert!(status.message().len() > start.len() + 5, "{status:?}");
        }
    }
}
