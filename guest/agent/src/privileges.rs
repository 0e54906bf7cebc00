//! Gives up all that root may do.

use std::io;

use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::thread::{
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    set_thread_groups, set_thread_res_gid, set_thread_res_uid, CapabilitySet, CapabilitySets,
};

/// More than any kernel has.
const CAPABILITIES_MAX: u32 = 63;

/// Becomes the account, for good and without any capability.
///
/// INVARIANT: only system calls are made here: a forked child does this.
pub fn become_account(user_id: u32, group_id: u32) -> io::Result<()> {
    clear_ambient_capability_set()?;
    for number in 0..=CAPABILITIES_MAX {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Ok(()) => {}
            // The first number that this kernel does not know.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(error.into()),
        }
    }
    let user = Uid::from_raw(user_id);
    let group = Gid::from_raw(group_id);
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    // The change of user has emptied all but the inheritable set.
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
