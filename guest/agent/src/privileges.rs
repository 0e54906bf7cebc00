//! Drops all privileges of root.

use std::io;

use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::thread::{
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid, CapabilitySet, CapabilitySets,
};

/// More than any kernel has.
const CAPABILITIES_MAX: u32 = 63;

/// Becomes an ordinary user irrevocably, without capabilities and groups.
///
/// INVARIANT: makes only system calls, because a forked child calls this.
pub fn become_account(user_id: u32, group_id: u32) -> io::Result<()> {
    clear_ambient_capability_set()?;
    for number in 0..=CAPABILITIES_MAX {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Ok(()) => {}
            // Beyond the last capability of this kernel.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(error.into()),
        }
    }
    let user = Uid::from_raw(user_id);
    let group = Gid::from_raw(group_id);
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    // The change of user has emptied all sets but the inheritable one.
    set_capabilities(
        None,
        CapabilitySets {
            effective: CapabilitySet::empty(),
            permitted: CapabilitySet::empty(),
            inheritable: CapabilitySet::empty(),
        },
    )?;
    Ok(())
}
