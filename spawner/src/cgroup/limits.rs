//! The resource limits of a VMM.

use crate::wire;

/// The kernel's default. Shorter periods cost more switching, longer ones stop a VMM for longer at a time.
const PERIOD_MICROS: u64 = 100_000;

/// The kernel rejects quotas below 1 ms.
const MIN_CPU_PER_MILLE: u32 = 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    memory_max_bytes: u64,
    cpu_per_mille: u32,
    pids_max: u32,
}

impl TryFrom<wire::Limits> for Limits {
    type Error = String;

    fn try_from(limits: wire::Limits) -> Result<Self, String> {
        let wire::Limits {
            memory_max_bytes,
            cpu_per_mille,
            pids_max,
        } = limits;
        if memory_max_bytes == 0 || pids_max == 0 || cpu_per_mille < MIN_CPU_PER_MILLE {
            return Err(format!(
                "limits of {memory_max_bytes} bytes, {cpu_per_mille} thousandths of a processor and {pids_max} tasks: \
                 needs at least 1, {MIN_CPU_PER_MILLE} and 1"
            ));
        }
        Ok(Self {
            memory_max_bytes,
            cpu_per_mille,
            pids_max,
        })
    }
}

/// A value for a file of a group.
pub struct Setting {
    pub file: &'static str,
    pub value: String,
    /// Whether the file may be missing, because a kernel can be built without the resource that it limits.
    pub optional: bool,
}

impl Limits {
    pub fn settings(&self) -> Vec<Setting> {
        let quota = u64::from(self.cpu_per_mille) * PERIOD_MICROS / 1000;
        let needed = |file, value| Setting {
            file,
            value,
            optional: false,
        };
        vec![
            needed("memory.max", self.memory_max_bytes.to_string()),
            Setting {
                optional: true,
                ..needed("memory.swap.max", "0".into())
            },
            // Otherwise the kernel could kill a single process of a VMM and leave it unusable but running.
            needed("memory.oom.group", "1".into()),
            needed("cpu.max", format!("{quota} {PERIOD_MICROS}")),
            needed("pids.max", self.pids_max.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(memory_max_bytes: u64, cpu_per_mille: u32, pids_max: u32) -> Result<Limits, String> {
        Limits::try_from(wire::Limits {
            memory_max_bytes,
            cpu_per_mille,
            pids_max,
        })
    }

    #[test]
    fn formats_limits_for_the_kernel() {
        let limits = limits(64 << 20, 2250, 96).unwrap();
        let settings: Vec<_> = limits
            .settings()
            .into_iter()
            .map(|setting| format!("{}={}", setting.file, setting.value))
            .collect();
        assert_eq!(
            settings,
            [
                "memory.max=67108864",
                "memory.swap.max=0",
                "memory.oom.group=1",
                "cpu.max=225000 100000",
                "pids.max=96"
            ]
        );
    }

    #[test]
    fn rejects_limits_below_the_minimum() {
        assert!(limits(1, 10, 1).is_ok() && limits(u64::MAX, u32::MAX, u32::MAX).is_ok());
        for (memory, cpu, pids) in [(0, 1000, 64), (1 << 20, 9, 64), (1 << 20, 1000, 0)] {
            let problem = limits(memory, cpu, pids).unwrap_err();
            assert!(problem.contains("needs at least"), "{problem}");
        }
    }
}
