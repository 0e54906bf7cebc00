//! What the host process is told of VMs, and of what the kernel holds against them.

use super::Spawner;
use crate::vm::Vm;
use crate::wire::{self, event::Event, ConfinementTold, Output, Sealed};

impl Spawner {
    pub(super) fn tell_output(&mut self, vm_id: String) {
        let vm = self.vms.iter().find(|vm| vm.id.as_str() == vm_id);
        let tail = vm.map(Vm::output_tail).unwrap_or_default();
        self.outbox.push(Event::Output(Output { vm_id, tail }));
    }

    pub(super) fn tell_confinement(&mut self, vm_id: String) {
        let vm = self.running(&vm_id);
        let namespaces = vm.map(Vm::namespaces).unwrap_or_default();
        let policy = vm
            .map(|vm| vm.id.clone())
            .zip(self.ebpf.as_mut().ok())
            .and_then(|(id, ebpf)| ebpf.policy(&id));
        self.outbox.push(Event::ConfinementTold(ConfinementTold {
            vm_id,
            namespaces,
            policy,
        }));
    }

    pub(super) fn seal(&mut self, vm_id: String) {
        let id = self.running(&vm_id).map(|vm| vm.id.clone());
        let sealed = match (id, &mut self.ebpf) {
            (Some(id), Ok(ebpf)) => ebpf.seal(&id),
            (None, _) => Err("it has ended".into()),
            (_, Err(problem)) => Err(problem.clone()),
        };
        self.outbox.push(Event::Sealed(Sealed {
            vm_id,
            problem: sealed.err().unwrap_or_default(),
        }));
    }

    pub(super) fn tell_ebpf(&mut self) {
        let told = match &self.ebpf {
            Ok(ebpf) => ebpf.tell(),
            Err(problem) => wire::Ebpf {
                problem: problem.clone(),
                ..Default::default()
            },
        };
        self.outbox.push(Event::Ebpf(told));
    }

    /// Not while the host does not read: what it has not been told is counted all the same.
    pub(super) fn tell_blocked(&mut self, ready: bool) {
        if let (true, false, Ok(ebpf)) = (ready, self.outbox.is_full(), &mut self.ebpf) {
            for blocked in ebpf.take_events() {
                self.outbox.push(Event::Blocked(blocked));
            }
        }
    }

    fn running(&self, vm_id: &str) -> Option<&Vm> {
        let mut vms = self.vms.iter();
        vms.find(|vm| vm.id.as_str() == vm_id && vm.is_running())
    }
}
