//! The way down from root to a VM's own uid.

use nix::libc;
use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::thread::{self, CapabilitySet, CapabilitySets};

/// Numbers of capabilities that no kernel reaches (one word of 64 bits).
const CAPABILITIES: u32 = 64;

/// What Firecracker's jailer works with, by number: chown, dac_override, fowner, setgid, setuid, sys_chroot, sys_admin,
/// mknod. They stay in the bounding set of the VMM, where they have no effect under no_new_privs.
const JAILERS: [u32; 8] = [0, 1, 3, 6, 7, 18, 21, 27];

/// What the spawner itself works with beside these: kill; setpcap, to take capabilities from a VMM; sys_ptrace, to read its
/// namespaces; bpf, to say in the maps of the programs what it may open.
const SPAWNERS: [u32; 4] = [5, 8, 19, 39];

/// Leaves a spawner of root's what it needs.
pub fn keep_spawners() -> rustix::io::Result<()> {
    let kept: Vec<u32> = JAILERS.into_iter().chain(SPAWNERS).collect();
    bound(&kept)?;
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

/// Leaves no group, no capability in any of the five sets, and no way back.
pub fn become_user(uid: u32) -> rustix::io::Result<()> {
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
    bound(&[])?;
    thread::set_thread_groups(&[])?;
    thread::set_thread_res_gid(group, group, group)?;
    thread::set_thread_res_uid(user, user, user)?;
    // The change of uid has emptied three sets; the inheritable one it leaves.
    drop_held()
}

/// Leaves no capability in any of the five sets to a process that stays root's.
pub fn drop_all() -> rustix::io::Result<()> {
    bound(&[])?;
    thread::set_thread_groups(&[])?;
    drop_held()
}

/// Leaves a jailer what it needs, once it is executed.
pub fn keep_jailers() -> rustix::io::Result<()> {
    bound(&JAILERS)?;
    thread::set_thread_groups(&[])
}

/// Takes from the bounding set all but what is named.
fn bound(kept: &[u32]) -> rustix::io::Result<()> {
    for number in (0..CAPABILITIES).filter(|number| !kept.contains(number)) {
        match drop_from_bounding_set(number) {
            Ok(()) => {}
            // Past the kernel's last.
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

/// By number: names end with what this program was built for, capabilities with the kernel's last.
fn drop_from_bounding_set(number: u32) -> rustix::io::Result<()> {
    // SAFETY: takes and returns plain numbers.
    if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(number), 0, 0, 0) } == 0 {
        return Ok(());
    }
    Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO))
}
