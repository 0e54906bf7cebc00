//! Loads the kernel modules of the initramfs.

use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::io::Errno;
use rustix::system::finit_module;

use super::failure::{context, Failure};
use super::kernel_arguments::KernelArguments;

const DIRECTORY: &str = "/modules";

/// Loads the modules that `/modules/order` lists, in that order. Without that file the kernel needs no modules.
pub fn load_all(arguments: &KernelArguments) -> Result<(), Failure> {
    let order = Path::new(DIRECTORY).join("order");
    let names = match fs::read_to_string(&order) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(context("cannot read /modules/order", REBUILD)(error)),
    };
    for file_name in names.lines().map(str::trim).filter(|name| !name.is_empty()) {
        load(file_name, arguments)
            .map_err(context(format!("cannot load module {file_name}"), REBUILD))?;
    }
    Ok(())
}

const REBUILD: &str =
    "rebuild the initramfs with modules of the booted kernel, each after those it depends on";

fn load(file_name: &str, arguments: &KernelArguments) -> io::Result<()> {
    let file = File::open(Path::new(DIRECTORY).join(file_name))?;
    let parameters = CString::new(arguments.parameters_of(module_name(file_name)))?;
    match finit_module(&file, &parameters, 0) {
        // Built in, or listed twice.
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        // This machine lacks the device, for instance KVM's clock without KVM.
        Err(Errno::NODEV | Errno::OPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn module_name(file_name: &str) -> &str {
    file_name.strip_suffix(".ko").unwrap_or(file_name)
}
