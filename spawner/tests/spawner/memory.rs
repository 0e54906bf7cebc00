//! Memory of VMs that is saved and loaded again.

use crate::common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::wire::handed_file::Access;
use common::wire::{FlattenMemory, HandedFile, LoadMemory, Restrict, SaveMemory};
use common::{Event, Fifo, Host, Request, StartVmm};
use nix::libc;

const PAGE_BYTES: usize = 4096;
const PAGES: usize = 300;
const UNLIMITED: u64 = u64::MAX;

/// Is a VMM: maps descriptor 3 privately, changes page 7 unless it is a clone, writes to descriptor 4, and reports by a FIFO
/// what it has in page 7 before and after it was waited for.
#[test]
#[ignore = "the VMM of other tests"]
fn vmm() {
    let words: Vec<String> = std::env::args().collect();
    let fifo = words.last().unwrap();
    let is_clone = words[words.len() - 2] == "clone";
    let template = fs::File::open("/proc/self/fd/3").unwrap();
    // SAFETY: a new mapping of a file that nothing truncates.
    let memory = unsafe {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&template);
        let length = PAGES * PAGE_BYTES;
        let start = std::ptr::null_mut();
        let address = libc::mmap(start, length, access, libc::MAP_PRIVATE, descriptor, 0);
        assert_ne!(address, libc::MAP_FAILED);
        address.cast::<u8>()
    };
    // SAFETY: within the mapping. Volatile, because the spawner changes it.
    let page = || unsafe { memory.add(7 * PAGE_BYTES).read_volatile() };
    if !is_clone {
        // SAFETY: as above.
        unsafe { memory.add(7 * PAGE_BYTES).write_bytes(b'x', PAGE_BYTES) };
        let state = fs::File::create("/proc/self/fd/4");
        state.unwrap().write_all(b"devices").unwrap();
    }
    fs::write(fifo, "ready\n").unwrap();
    while page() == b't' {
        std::thread::yield_now();
    }
    fs::write(fifo, format!("{}\n", char::from(page()))).unwrap();
    loop {
        std::thread::park();
    }
}

struct Files {
    program: PathBuf,
    template: PathBuf,
    fifo: Fifo,
}

impl Files {
    fn new(host: &Host) -> Self {
        let template = host.temporary.path().join("memory");
        fs::write(&template, [b't'; PAGES * PAGE_BYTES]).unwrap();
        fs::set_permissions(&template, fs::Permissions::from_mode(0o444)).unwrap();
        // The user of the VMM may have no access to the directory of the build. Another process copies it, because a child of
        // another test must not inherit a descriptor to write it, with which it cannot be executed.
        let program = host.temporary.path().join("vmm");
        let copied = Command::new("cp")
            .arg(std::env::current_exe().unwrap())
            .arg(&program)
            .status();
        assert!(copied.unwrap().success());
        Self {
            program,
            template,
            fifo: Fifo::new(host.temporary.path()),
        }
    }

    fn start(&self, id: &str, kind: &str) -> StartVmm {
        let fifo = self.fifo.path.to_str().unwrap();
        let arguments = ["--exact", "memory::vmm", "--ignored", kind, fifo];
        let mut start = common::start(id, self.program.to_str().unwrap(), &arguments);
        start.jail.as_mut().unwrap().max_file_bytes = 1 << 20;
        start.files = vec![
            HandedFile {
                path: self.template.to_str().unwrap().into(),
                access: Access::Read.into(),
                name: String::new(),
            },
            HandedFile {
                access: Access::State.into(),
                ..Default::default()
            },
        ];
        start
    }

    fn run(&self, host: &mut Host, id: &str, kind: &str) {
        host.send(Request::Start(self.start(id, kind)));
        host.started(id);
        assert_eq!(self.fifo.line(), "ready");
    }

    fn save(&self, host: &mut Host, id: &str, target: &Path) -> String {
        host.send(Request::SaveMemory(SaveMemory {
            vm_id: id.into(),
            template_file: self.template.to_str().unwrap().into(),
            target: target.to_str().unwrap().into(),
            max_bytes: UNLIMITED,
            ..SaveMemory::default()
        }));
        match host.event() {
            Event::MemorySaved(saved) if saved.vm_id == id => saved.problem,
            other => panic!("{other:?}"),
        }
    }

    fn load(&self, host: &mut Host, id: &str, source: &Path) -> String {
        host.send(Request::LoadMemory(LoadMemory {
            vm_id: id.into(),
            template_file: self.template.to_str().unwrap().into(),
            source: source.to_str().unwrap().into(),
        }));
        match host.event() {
            Event::MemoryLoaded(loaded) if loaded.vm_id == id => loaded.problem,
            other => panic!("{other:?}"),
        }
    }
}

fn private(host: &Host, name: &str) -> PathBuf {
    let path = host.temporary.path().join(name);
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

fn restrict(to: &Path) -> Request {
    Request::Restrict(Restrict {
        executables: vec![to.to_str().unwrap().into()],
        jailers: vec![],
    })
}

#[test]
fn a_memory_is_made_of_a_template_and_a_checkpoint() {
    let mut host = Host::new();
    let files = Files::new(&host);
    files.run(&mut host, "source", "source");
    let checkpoint = private(&host, "checkpoint");
    assert_eq!(files.save(&mut host, "source", &checkpoint), "");
    let template = private(&host, "template");
    fs::copy(&files.template, template.join("memory")).unwrap();
    let made = private(&host, "made");
    assert_eq!(flatten(&mut host, [&template, &checkpoint, &made]), "");
    let mut expected = vec![b't'; PAGES * PAGE_BYTES];
    expected[7 * PAGE_BYTES..8 * PAGE_BYTES].fill(b'x');
    assert!(fs::read(made.join("memory")).unwrap() == expected);
    assert_eq!(fs::read(made.join("state")).unwrap(), b"devices");
    assert_eq!(fs::metadata(made.join("pages")).unwrap().len(), 4096);

    let open = private(&host, "open");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let problem = flatten(&mut host, [&template, &checkpoint, &open]);
    assert!(problem.contains("open to no other"), "{problem}");
    assert_eq!(open.read_dir().unwrap().count(), 0);
}

fn flatten(host: &mut Host, directories: [&Path; 3]) -> String {
    let [template, checkpoint, target] = directories.map(|path| path.to_str().unwrap().into());
    host.send(Request::FlattenMemory(FlattenMemory {
        template,
        checkpoint,
        target,
    }));
    match host.event() {
        Event::MemoryFlattened(made) if made.done => made.problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_clone_gets_the_memory_of_another_vm_also_once_restricted() {
    let mut host = Host::new();
    let files = Files::new(&host);
    host.send(restrict(&files.program));
    files.run(&mut host, "source", "source");
    assert_eq!(files.fifo.line(), "x");
    let directory = private(&host, "checkpoint");
    assert_eq!(files.save(&mut host, "source", &directory), "");
    assert_eq!(fs::read(directory.join("state")).unwrap(), b"devices");
    let mode = |name: &str| {
        directory
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("state"), mode("pages")), (0o444, 0o400));
    host.kill("source");
    host.exited("source");

    files.run(&mut host, "clone", "clone");
    assert_eq!(files.load(&mut host, "clone", &directory), "");
    assert_eq!(files.fifo.line(), "x");
    host.leave();
}

#[test]
fn nothing_else_is_read_or_written() {
    let mut host = Host::new();
    let files = Files::new(&host);
    files.run(&mut host, "vm", "source");
    assert_eq!(files.fifo.line(), "x");
    let directory = private(&host, "checkpoint");
    for (id, template) in [
        ("vm", "/proc/self/exe"),
        ("vm", "/etc/passwd"),
        ("vm", ""),
        ("other", files.template.to_str().unwrap()),
        ("../vm", files.template.to_str().unwrap()),
    ] {
        host.send(Request::SaveMemory(SaveMemory {
            vm_id: id.into(),
            template_file: template.into(),
            target: directory.to_str().unwrap().into(),
            max_bytes: UNLIMITED,
            ..SaveMemory::default()
        }));
        match host.event() {
            Event::MemorySaved(saved) => assert_ne!(saved.problem, "", "{id} {template}"),
            other => panic!("{other:?}"),
        }
    }
    let open = private(&host, "open");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    for bad in [
        &open,
        Path::new("/tmp"),
        Path::new("/proc/self/fd"),
        Path::new("relative"),
    ] {
        assert_ne!(files.save(&mut host, "vm", bad), "", "{}", bad.display());
        assert_ne!(files.load(&mut host, "vm", bad), "", "{}", bad.display());
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
    assert_eq!(files.save(&mut host, "vm", &directory), "");
    // A second save replaces nothing.
    assert_ne!(files.save(&mut host, "vm", &directory), "");
    assert!(directory.join("pages").exists());
    host.leave();
}

#[test]
fn a_vm_has_one_state_file_without_a_path() {
    let mut host = Host::new();
    let files = Files::new(&host);
    let mut two = files.start("vm", "source");
    two.files.push(two.files[1].clone());
    let mut named = files.start("vm", "source");
    named.files[1].path = "/tmp/state".into();
    for start in [two, named] {
        host.send(Request::Start(start));
        let reason = host.rejected("vm");
        assert!(reason.contains("STATE"), "{reason}");
    }
    host.leave();
}
