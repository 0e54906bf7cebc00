//! Saves and loads the memory of VMs, a step in each turn of the event loop.

use std::path::Path;

use super::EventLoop;
use crate::memory::{self, Flatten, Load, Save, Transfer};
use crate::vm::Vm;
use crate::wire::{FlattenMemory, LoadMemory, SaveMemory};

impl EventLoop {
    pub(super) fn save_memory(&mut self, request: SaveMemory) {
        let begun = self.running_vm(&request.vm_id).and_then(|vm| {
            let memory = vm.memory(&request.template_file)?;
            let target = Path::new(&request.target);
            let flattened =
                Some(Path::new(&request.flattened)).filter(|path| *path != Path::new(""));
            let save = Save::begin(memory, vm.state(), target, request.max_bytes, flattened)?;
            Ok((vm.id.to_string(), Transfer::Save(save)))
        });
        if let Err(problem) = begun.and_then(|(vm, save)| self.transfers.add(vm, save)) {
            self.queue.push(memory::saved(request.vm_id, Err(problem)));
        }
    }

    pub(super) fn load_memory(&mut self, request: LoadMemory) {
        let begun = self.running_vm(&request.vm_id).and_then(|vm| {
            let memory = vm.memory(&request.template_file)?;
            let load = Load::begin(memory, Path::new(&request.source))?;
            Ok((vm.id.to_string(), Transfer::Load(load)))
        });
        if let Err(problem) = begun.and_then(|(vm, load)| self.transfers.add(vm, load)) {
            self.queue.push(memory::loaded(request.vm_id, Err(problem)));
        }
    }

    pub(super) fn flatten_memory(&mut self, request: FlattenMemory) {
        let [template, checkpoint, target] =
            [&request.template, &request.checkpoint, &request.target].map(Path::new);
        let begun = Flatten::begin(template, checkpoint, target).and_then(|flatten| {
            self.transfers
                .add(request.target.clone(), Transfer::Flatten(flatten))
        });
        if let Err(problem) = begun {
            self.queue
                .push(memory::flattened(request.target, Err(problem)));
        }
    }

    pub(super) fn transfer(&mut self) {
        if let Some(event) = self.transfers.step() {
            self.queue.push(event);
        }
    }

    fn running_vm(&self, vm_id: &str) -> Result<&Vm, String> {
        self.running(vm_id).ok_or_else(|| "it has ended".into())
    }
}
