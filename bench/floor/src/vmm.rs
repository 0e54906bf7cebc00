//! One QEMU process.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use rustix::io::{fcntl_setfd, FdFlags};
use serde_json::Value;

use crate::arguments::Arguments;
use crate::{tsc, Failure};

pub const MEMORY: &str = "memory";
const RECORD: &str = "template.json";
pub const STATE: &str = "state";

/// Killed when dropped.
pub struct Vmm {
    pub process: Child,
    pub control: PathBuf,
    pub channel: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Boot,
    Clone,
    /// A clone that goes on with a state of devices that was saved without memory.
    Restored,
}

impl Vmm {
    /// The sockets listen before QEMU starts and inherits them, so that no client has to wait for it to bind them.
    pub fn start(arguments: &Arguments, origin: Origin, directory: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(directory)?;
        let (control, control_listener) = listen(directory.join("qmp"))?;
        let (channel, channel_listener) = listen(directory.join("agent"))?;
        let mut command = Command::new(&arguments.qemu);
        match &arguments.template {
            Some(template) => {
                command.args(template_words(
                    arguments,
                    origin,
                    template,
                    &inherited("qmp", &control_listener),
                    &inherited("channel", &channel_listener),
                )?);
            }
            None => {
                command
                    .args(words(arguments, origin, &arguments.directory)?)
                    .arg("-chardev")
                    .arg(inherited("qmp", &control_listener))
                    .args(["-mon", "chardev=qmp,mode=control"])
                    .arg("-chardev")
                    .arg(inherited("agent", &channel_listener));
            }
        }
        Ok(Self {
            process: command.spawn()?,
            control,
            channel,
        })
    }
}

impl Drop for Vmm {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(&self.control);
        let _ = fs::remove_file(&self.channel);
    }
}

fn listen(path: PathBuf) -> Result<(PathBuf, UnixListener), Failure> {
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    fcntl_setfd(&listener, FdFlags::empty())?;
    Ok((path, listener))
}

fn inherited(id: &str, listener: &UnixListener) -> String {
    format!(
        "socket,id={id},fd={},server=on,wait=off",
        listener.as_raw_fd()
    )
}

/// Returns the arguments with which the product's template was booted, with this machine's own disk, sockets, and kernel or
/// memory.
fn template_words(
    arguments: &Arguments,
    origin: Origin,
    template: &Path,
    control: &str,
    channel: &str,
) -> Result<Vec<String>, Failure> {
    let record: Value = serde_json::from_slice(&fs::read(template.join(RECORD))?)?;
    let machine = record["machine"]
        .as_str()
        .ok_or("the template does not say how it was made")?;
    let (hardware, kernel) = machine.split_once(" -kernel ").unwrap_or((machine, ""));
    // Memory and processors depend on the size of the machine.
    let memory_mib = fs::metadata(template.join(MEMORY))?.len() >> 20;
    let mut words = Vec::new();
    let mut before = "";
    for word in hardware.split(' ') {
        let own = if origin == Origin::Boot && word == "-S" {
            continue;
        } else if before == "-m" {
            format!("{memory_mib}M")
        } else if before == "-smp" {
            arguments.vcpus.to_string()
        } else if before == "-M" && origin == Origin::Restored {
            format!("{word},suppress-vmdesc=on")
        } else if origin != Origin::Boot && word.starts_with("memory-backend") {
            format!(
                "memory-backend-file,id=mem,size={memory_mib}M,share=off,readonly=on,rom=off,mem-path={}",
                template.join(MEMORY).display()
            )
        } else if word.starts_with("memory-backend") {
            format!("memory-backend-memfd,id=mem,size={memory_mib}M,share=off")
        } else if word.starts_with("id=root,") {
            format!(
                "id=root,if=none,format=raw,readonly=on,file.locking=off,file={}",
                arguments.rootfs
            )
        } else if word.starts_with("socket,id=channel,") {
            channel.to_owned()
        } else if word.starts_with("socket,id=qmp,") {
            control.to_owned()
        } else if word.starts_with("tcg,") {
            arguments.accel.clone()
        } else {
            word.to_owned()
        };
        words.push(own);
        before = word;
    }
    let append;
    let own = match origin {
        Origin::Clone => vec!["-incoming", "defer"],
        Origin::Restored => vec![
            "-incoming",
            "defer",
            "-global",
            "migration.send-configuration=off",
        ],
        Origin::Boot => {
            let (_, options) = kernel
                .split_once(" -append ")
                .ok_or("the template has no kernel command line")?;
            // A property of this machine, not of the template. An emulated kernel may fail to measure it.
            append = format!("{options} tsc_early_khz={}", tsc::khz());
            vec![
                "-kernel",
                &arguments.kernel,
                "-initrd",
                &arguments.initrd,
                "-append",
                &append,
            ]
        }
    };
    words.extend(own.into_iter().map(str::to_owned));
    Ok(words)
}

/// Returns the value of `name=value` in a list separated by commas.
fn words(arguments: &Arguments, origin: Origin, directory: &Path) -> Result<Vec<String>, Failure> {
    let memory = directory.join(MEMORY);
    let mut words = Vec::new();
    let mut add = |line: &str| words.extend(line.split(' ').map(str::to_owned));
    add(&format!(
        "-M {},memory-backend=mem -accel {} -cpu {} -smp {} -m {}M",
        arguments.machine, arguments.accel, arguments.cpu, arguments.vcpus, arguments.memory_mib
    ));
    if !arguments.bios.is_empty() {
        add(&format!("-bios {}", arguments.bios));
    }
    add("-nodefaults -no-user-config -display none -no-reboot");
    add("-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    let size = arguments.memory_mib;
    match origin {
        Origin::Boot => {
            fs::File::create(&memory)?.set_len(size << 20)?;
            add(&format!(
                "-object memory-backend-file,id=mem,size={size}M,share=on,mem-path={}",
                memory.display()
            ));
        }
        Origin::Clone | Origin::Restored => {
            add(&format!(
                "-object memory-backend-file,id=mem,size={size}M,share=off,readonly=on,rom=off,mem-path={} -incoming defer -S",
                memory.display()
            ));
        }
    }
    add(&format!(
        "-drive file={},format=raw,readonly=on,if=none,id=root -device virtio-blk-device,drive=root",
        arguments.rootfs
    ));
    add("-device virtio-serial-device -device virtserialport,id=port,chardev=agent,name=neurovisor.agent");
    add("-device virtio-rng-device -chardev ringbuf,id=console,size=65536 -serial chardev:console");
    words.extend(arguments.extra.iter().cloned());
    if origin == Origin::Boot || arguments.keep_kernel {
        words.extend(["-kernel".to_owned(), arguments.kernel.clone()]);
        words.extend(["-initrd".to_owned(), arguments.initrd.clone()]);
        words.extend([
            "-append".to_owned(),
            format!(
                "console=ttyS0 quiet panic=-1 reboot=t tsc=reliable tsc_early_khz={} {}",
                tsc::khz(),
                arguments.append
            ),
        ]);
    }
    Ok(words)
}
