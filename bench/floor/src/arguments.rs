//! The command line.

use std::path::PathBuf;

pub const USAGE: &str = "\
usage: neurovisor-floor template DIR --kernel FILE --initrd FILE --rootfs FILE [options]
       neurovisor-floor boot DIR     --kernel FILE --initrd FILE --rootfs FILE [options]
       neurovisor-floor clone DIR    --rootfs FILE [--count N] [--prime] [options]
       neurovisor-floor sandbox DIR  --rootfs FILE [--prime] [options]
       neurovisor-floor guest SOCKET [--language NAME] [--code TEXT]
  template  boots a VM, primes it with each --prime-python, --prime-bash and --prime-javascript program, and saves it in DIR
  boot      boots a VM in DIR and runs --code in it; with --template by the arguments that this one was made with
  clone     N times: starts a clone of the template in DIR, runs --code in it, and ends it; with --template that of the product
            which is there, by the arguments that it was made with
  sandbox   starts a clone, turns it into a living sandbox after --rest, and does what each line to the socket DIR/steps says
            (start COMMAND, write BYTES, read, files COUNT BYTES); answers with the milliseconds; pause, resume and fork COUNT
            save it and start further clones: their answers are described in living.rs
  guest     asks the guest of a Firecracker whose vsock is SOCKET: does what each line of its input says (connect, prime,
            execute) and answers with the same word
options:
  --qemu FILE --machine TYPE --bios FILE --accel NAME --cpu MODEL --memory-mib N --vcpus N --append WORDS --extra 'QEMU WORDS'
  --code TEXT | --code-file FILE, --language NAME, --timeout SECONDS, --output-bytes N, --stdin TEXT, --files N (of 1 MiB)
  --warm (the template holds waiting interpreters)
  --keep-kernel (clones get -kernel, -initrd and -append too), --hold SECONDS (keep the VM), --show, --console
  --template DIR (of the product), --idle (runs nothing), --rest MILLISECONDS (before it runs something)";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Template,
    Boot,
    Clone,
    Sandbox,
    Guest,
}

#[derive(Clone, Debug)]
pub struct Arguments {
    pub command: Command,
    /// The socket of a guest.
    pub directory: PathBuf,
    pub qemu: String,
    pub machine: String,
    pub bios: String,
    pub accel: String,
    pub cpu: String,
    pub memory_mib: u64,
    pub vcpus: u32,
    pub kernel: String,
    pub initrd: String,
    pub rootfs: String,
    pub append: String,
    pub extra: Vec<String>,
    pub count: usize,
    pub prime: bool,
    pub idle: bool,
    pub template: Option<PathBuf>,
    pub warm: bool,
    pub keep_kernel: bool,
    pub show: bool,
    pub console: bool,
    pub hold_seconds: u64,
    pub rest_millis: u64,
    pub language: String,
    pub code: String,
    pub timeout_seconds: u32,
    pub output_bytes: u64,
    pub stdin: String,
    /// The number of input files of one MiB.
    pub files: usize,
    /// Language and code.
    pub primers: Vec<(String, String)>,
}

impl Arguments {
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = words;
        let command = match words.next().as_deref() {
            Some("template") => Command::Template,
            Some("boot") => Command::Boot,
            Some("clone") => Command::Clone,
            Some("sandbox") => Command::Sandbox,
            Some("guest") => Command::Guest,
            other => return Err(format!("unknown command {other:?}")),
        };
        let directory = words.next().ok_or("DIR is missing")?.into();
        let mut arguments = Self::defaults(command, directory);
        while let Some(word) = words.next() {
            arguments.take(&word, &mut words)?;
        }
        Ok(arguments)
    }

    fn defaults(command: Command, directory: PathBuf) -> Self {
        Self {
            command,
            directory,
            qemu: "qemu-system-x86_64".to_owned(),
            machine: "microvm,rtc=on,acpi=on,x-option-roms=off".to_owned(),
            bios: "qboot.rom".to_owned(),
            accel: "tcg,tb-size=64".to_owned(),
            cpu: "max".to_owned(),
            memory_mib: 512,
            vcpus: 2,
            kernel: String::new(),
            initrd: String::new(),
            rootfs: String::new(),
            append: String::new(),
            extra: Vec::new(),
            count: 1,
            prime: false,
            idle: false,
            template: None,
            warm: false,
            keep_kernel: false,
            show: false,
            console: false,
            hold_seconds: 0,
            rest_millis: 0,
            language: "python".to_owned(),
            code: "print(6*7)".to_owned(),
            timeout_seconds: 0,
            output_bytes: 0,
            stdin: String::new(),
            files: 0,
            primers: Vec::new(),
        }
    }

    fn take(&mut self, word: &str, words: &mut impl Iterator<Item = String>) -> Result<(), String> {
        match word {
            "--prime" => self.prime = true,
            "--idle" => self.idle = true,
            "--warm" => self.warm = true,
            "--keep-kernel" => self.keep_kernel = true,
            "--show" => self.show = true,
            "--console" => self.console = true,
            _ => {
                let value = words.next().ok_or(format!("{word} needs a value"))?;
                self.set(word, value)?;
            }
        }
        Ok(())
    }

    fn set(&mut self, word: &str, value: String) -> Result<(), String> {
        match word {
            "--template" => self.template = Some(value.into()),
            "--qemu" => self.qemu = value,
            "--machine" => self.machine = value,
            "--bios" => self.bios = value,
            "--accel" => self.accel = value,
            "--cpu" => self.cpu = value,
            "--memory-mib" => self.memory_mib = number(word, &value)?,
            "--vcpus" => self.vcpus = number(word, &value)?,
            "--kernel" => self.kernel = value,
            "--initrd" => self.initrd = value,
            "--rootfs" => self.rootfs = value,
            "--append" => self.append = value,
            "--extra" => self.extra = value.split_whitespace().map(str::to_owned).collect(),
            "--count" => self.count = number(word, &value)?,
            "--hold" => self.hold_seconds = number(word, &value)?,
            "--rest" => self.rest_millis = number(word, &value)?,
            "--language" => self.language = value,
            "--code" => self.code = value,
            "--code-file" => {
                self.code = std::fs::read_to_string(&value)
                    .map_err(|error| format!("cannot read {value}: {error}"))?;
            }
            "--timeout" => self.timeout_seconds = number(word, &value)?,
            "--output-bytes" => self.output_bytes = number(word, &value)?,
            "--stdin" => self.stdin = value,
            "--files" => self.files = number(word, &value)?,
            "--prime-python" => self.primers.push(("python".to_owned(), value)),
            "--prime-bash" => self.primers.push(("bash".to_owned(), value)),
            "--prime-javascript" => self.primers.push(("javascript".to_owned(), value)),
            _ => return Err(format!("unknown option {word}")),
        }
        Ok(())
    }
}

fn number<N: std::str::FromStr>(word: &str, value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| format!("{word} needs a number, got {value:?}"))
}
