//! What the spawner does, seen from the host that starts it. One test program: each takes seconds to compile and link.
//! `cgroup.rs` is a separate one because `CgroupIT` runs it as the first process of a machine.

mod build_root;
mod chroot;
mod cleanup;
mod command_line;
#[path = "../common/mod.rs"]
mod common;
mod forged;
mod isolation;
mod jail;
mod life;
mod sweep;
mod tool;
