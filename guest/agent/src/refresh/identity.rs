//! The names of a system: hostname, machine id and boot id.

use std::fs;
use std::io;
use std::path::Path;

use rustix::system::sethostname;

use crate::boot::filesystems::BOOT_ID_FILE;
use crate::invalid::Invalid;

const HOSTNAME_MAX: usize = 63;
const MACHINE_ID_DIGITS: usize = 32;
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
const DBUS_MACHINE_ID: &str = "/var/lib/dbus/machine-id";

pub struct Identity {
    hostname: String,
    machine_id: String,
    boot_id: String,
}

impl Identity {
    pub fn new(hostname: String, machine_id: String, boot_id: String) -> Result<Self, Invalid> {
        let label = hostname.as_bytes();
        if label.is_empty()
            || label.len() > HOSTNAME_MAX
            || label.starts_with(b"-")
            || label.ends_with(b"-")
            || !label
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        {
            return Err(Invalid::new(
                "hostname",
                format!("is {hostname:?}, must be 1 to 63 letters, digits or inner dashes"),
            ));
        }
        if machine_id.len() != MACHINE_ID_DIGITS || !machine_id.bytes().all(is_lower_hexadecimal) {
            return Err(Invalid::new(
                "machine_id",
                format!("is {machine_id:?}, must be 32 lower-case hexadecimal digits"),
            ));
        }
        let groups: Vec<&str> = boot_id.split('-').collect();
        if !groups.iter().map(|group| group.len()).eq(UUID_GROUPS)
            || !groups
                .iter()
                .all(|group| group.bytes().all(is_lower_hexadecimal))
        {
            return Err(Invalid::new(
                "boot_id",
                format!("is {boot_id:?}, must be a UUID in lower case with dashes"),
            ));
        }
        Ok(Self {
            hostname,
            machine_id,
            boot_id,
        })
    }

    /// Applies the names. An error names the failed step.
    pub fn apply(&self) -> Result<(), (&'static str, io::Error)> {
        let hostname = &self.hostname;
        sethostname(hostname.as_bytes()).map_err(|error| ("set the hostname", error.into()))?;
        write("/etc/hostname", &format!("{hostname}\n"))
            .map_err(|error| ("write /etc/hostname", error))?;
        write(
            "/etc/hosts",
            &format!("127.0.0.1 localhost\n127.0.1.1 {hostname}\n::1 localhost ip6-localhost ip6-loopback\n"),
        )
        .map_err(|error| ("write /etc/hosts", error))?;
        let machine_id = format!("{}\n", self.machine_id);
        write("/etc/machine-id", &machine_id).map_err(|error| ("write /etc/machine-id", error))?;
        if fs::symlink_metadata(DBUS_MACHINE_ID).is_ok() {
            write(DBUS_MACHINE_ID, &machine_id)
                .map_err(|error| ("write /var/lib/dbus/machine-id", error))?;
        }
        self.write_boot_id()
            .map_err(|error| ("replace the boot id", error))
    }

    /// Writes the file that programs see as boot id. The kernel's own value is part of the template's memory and cannot
    /// be changed.
    fn write_boot_id(&self) -> io::Result<()> {
        fs::write(BOOT_ID_FILE, format!("{}\n", self.boot_id))
    }
}

/// Replaces a file, even if the image has a link to another file there.
fn write(path: &str, content: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::write(Path::new(path), content)
}

fn is_lower_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}
