//! Answers to requests about VMs, and reports of what the eBPF programs have blocked.

use super::EventLoop;
use crate::ebpf::Ebpf;
use crate::vm::Vm;
use crate::wire::{self, event::Event, ConfinementTold, Output, Sealed};

impl EventLoop {
    pub(super) fn report_output(&mut self, vm_id: String) {
        let vm = self.vms.iter().find(|vm| vm.id.as_str() == vm_id);
        let tail = vm.map(Vm::output_tail).unwrap_or_default();
        self.queue.push(Event::Output(Output { vm_id, tail }));
    }

    pub(super) fn report_confinement(&mut self, vm_id: String) {
        let vm = self.running(&vm_id);
        let namespaces = vm.map(Vm::namespaces).unwrap_or_default();
        let policy = vm
            .map(|vm| vm.id.clone())
            .zip(self.ebpf.as_mut().ok())
            .and_then(|(id, ebpf)| ebpf.policy(&id));
        self.queue.push(Event::ConfinementTold(ConfinementTold {
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
        self.queue.push(Event::Sealed(Sealed {
            vm_id,
            problem: sealed.err().unwrap_or_default(),
        }));
    }

    pub(super) fn report_ebpf(&mut self) {
        let totals = self.ebpf.as_ref().map(Ebpf::totals);
        let message = totals.unwrap_or_else(|problem| wire::Ebpf {
            problem: problem.clone(),
            ..Default::default()
        });
        self.queue.push(Event::Ebpf(message));
    }

    /// Reports blocked attempts, unless the queue is full. The programs count attempts that are never reported.
    pub(super) fn report_blocked(&mut self, ready: bool) {
        if let (true, false, Ok(ebpf)) = (ready, self.queue.is_full(), &mut self.ebpf) {
            for blocked in ebpf.take_events() {
                self.queue.push(Event::Blocked(blocked));
            }
        }
    }

    pub(super) fn running(&self, vm_id: &str) -> Option<&Vm> {
        let mut vms = self.vms.iter();
        vms.find(|vm| vm.id.as_str() == vm_id && vm.is_running())
    }
}
