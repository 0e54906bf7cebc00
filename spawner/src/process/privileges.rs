//! Drops privileges, from root to a VM's own uid.

use nix::libc;
use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::thread::{self, CapabilitySet, CapabilitySets};

/// More capabilities than any kernel has: the bits of one word.
const CAPABILITIES: u32 = 64;

/// The capabilities of Firecracker's jailer by number: chown, dac_override, fowner, setgid, setuid, sys_chroot,
/// sys_admin, mknod. They stay in the bounding set of the VMM, where they have no effect under no_new_privs.
const OF_JAILER: [u32; 8] = [0, 1, 3, 6, 7, 18, 21, 27];

/// The additional capabilities of the spawner itself: kill; setpcap, to drop those of a VMM; sys_ptrace, to read a
/// VMM's namespaces; bpf, to write the maps of the eBPF programs.
const OF_SPAWNER: [u32; 4] = [5, 8, 19, 39];

/// Drops all capabilities but those of a spawner that runs as root.
pub fn keep_spawner_capabilities() -> rustix::io::Result<()> {
    let kept: Vec<u32> = OF_JAILER.into_iter().chain(OF_SPAWNER).collect();
    limit_bounding_set(&kept)?;
    let mask = kept.iter().fold(0, |mask, number| mask | 1 << number);
    let held = thread::capabilities(None)?;
    thread::set_capabilities(
        None,
        CapabilitySets {
            effective: held.effective & CapabilitySet::from_bits_retain(mask),
            permitted: held.permitted & CapabilitySet::from_bits_retain(mask),
            inheritable: CapabilitySet::empty(),
        },
    )
}

/// Becomes a user irrevocably: without groups, and without a capability in any of the five sets.
pub fn become_user(uid: u32) -> rustix::io::Result<()> {
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
    limit_bounding_set(&[])?;
    thread::set_thread_groups(&[])?;
    thread::set_thread_res_gid(group, group, group)?;
    thread::set_thread_res_uid(user, user, user)?;
    // The change of uid has emptied three sets, but not the inheritable one.
    drop_held()
}

/// Drops all capabilities of the five sets and all groups, but stays root.
pub fn drop_all() -> rustix::io::Result<()> {
    limit_bounding_set(&[])?;
    thread::set_thread_groups(&[])?;
    drop_held()
}

/// Limits the capabilities of the jailer that is about to be executed.
pub fn keep_jailer_capabilities() -> rustix::io::Result<()> {
    limit_bounding_set(&OF_JAILER)?;
    thread::set_thread_groups(&[])
}

/// Drops all but the given capabilities from the bounding set.
fn limit_bounding_set(kept: &[u32]) -> rustix::io::Result<()> {
    for number in (0..CAPABILITIES).filter(|number| !kept.contains(number)) {
        match drop_from_bounding_set(number) {
            Ok(()) => {}
            // Beyond the last capability of this kernel.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(error),
        }
    }
    thread::clear_ambient_capability_set()
}

fn drop_held() -> rustix::io::Result<()> {
    thread::set_capabilities(
        None,
        CapabilitySets {
            effective: CapabilitySet::empty(),
            permitted: CapabilitySet::empty(),
            inheritable: CapabilitySet::empty(),
        },
    )
}

/// Takes a number, because a newer kernel has capabilities for which libraries have no name yet.
fn drop_from_bounding_set(number: u32) -> rustix::io::Result<()> {
    // SAFETY: takes and returns plain numbers.
    if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(number), 0, 0, 0) } == 0 {
        return Ok(());
    }
    Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
}
