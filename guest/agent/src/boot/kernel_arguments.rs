//! The kernel's command line, parsed as the kernel parses it.

const ROOT_DISK: &str = "neurovisor.root=";
const ROOT_DISK_DEFAULT: &str = "/dev/vda";

pub struct KernelArguments(Vec<String>);

impl KernelArguments {
    /// Splits at white space outside double quotes. Words after `--` are for init and are ignored.
    pub fn parse(line: &str) -> Self {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut quoted = false;
        for character in line.chars() {
            if character == '"' {
                quoted = !quoted;
            }
            if character.is_ascii_whitespace() && !quoted {
                words.push(std::mem::take(&mut word));
            } else {
                word.push(character);
            }
        }
        words.push(word);
        Self(
            words
                .into_iter()
                .filter(|word| !word.is_empty())
                .take_while(|word| word != "--")
                .collect(),
        )
    }

    pub fn root_disk(&self) -> &str {
        self.0
            .iter()
            .rev()
            .find_map(|word| word.strip_prefix(ROOT_DISK))
            .filter(|disk| !disk.is_empty())
            .unwrap_or(ROOT_DISK_DEFAULT)
    }

    /// Returns the parameters of a module in the form that finit_module(2) takes: every `module.parameter=value` in
    /// order, without the name of the module. A built-in module reads these words itself, a loaded one does not.
    pub fn parameters_of(&self, module: &str) -> String {
        let module = normalized(module);
        let mut parameters = Vec::new();
        for word in &self.0 {
            if let Some((name, parameter)) = word.split_once('.') {
                if normalized(name) == module {
                    parameters.push(parameter);
                }
            }
        }
        parameters.join(" ")
    }
}

/// Normalizes a name, in which the kernel treats '-' and '_' alike.
fn normalized(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_the_last_root_disk() {
        let disk = |line| KernelArguments::parse(line).root_disk().to_owned();
        assert_eq!(disk("console=ttyS0 quiet"), "/dev/vda");
        assert_eq!(disk("neurovisor.root="), "/dev/vda");
        assert_eq!(
            disk("neurovisor.root=/dev/vda quiet neurovisor.root=/dev/vdb\n"),
            "/dev/vdb"
        );
        assert_eq!(disk("-- neurovisor.root=/dev/vdb"), "/dev/vda");
    }

    #[test]
    fn collects_all_parameters_of_a_module() {
        let arguments = KernelArguments::parse(
            "quiet virtio_mmio.device=512@0xfeb00000:5 virtio-mmio.device=512@0xfeb00200:6 \
             virtio_mmio_other.x=1 virtio_blk.poll_queues=2",
        );
        assert_eq!(
            arguments.parameters_of("virtio_mmio"),
            "device=512@0xfeb00000:5 device=512@0xfeb00200:6"
        );
        assert_eq!(arguments.parameters_of("virtio-blk"), "poll_queues=2");
        assert_eq!(arguments.parameters_of("squashfs"), "");
    }

    #[test]
    fn keeps_quoted_words_together() {
        let arguments = KernelArguments::parse("a.b=\"c d\"  e.f=g");
        assert_eq!(arguments.parameters_of("a"), "b=\"c d\"");
        assert_eq!(arguments.parameters_of("e"), "f=g");
    }

    #[test]
    fn ignores_dots_in_values() {
        assert_eq!(KernelArguments::parse("ip=10.0.0.1").parameters_of("0"), "");
    }
}
