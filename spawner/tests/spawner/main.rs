//! Tests of the spawner as a process, from the view of its host. They are one program, because each program takes
//! seconds to link. `cgroup.rs` is separate, because `CgroupIT` runs it as the first process of a machine.

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
mod memory;
mod sweep;
mod tool;
