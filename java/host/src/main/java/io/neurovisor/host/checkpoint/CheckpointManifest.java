package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.vm.VmmIdentity;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;

/**
 * The description of a checkpoint, in its own file.
 *
 * @param format the version of this form and of the files
 * @param created for people
 * @param vmm the only VMM that can load the files
 */
record CheckpointManifest(
        int format,
        String sandbox,
        int generation,
        String created,
        VmmIdentity vmm,
        BaseTemplate template,
        Map<String, FileState> files) {
    /** Changed when an older NeuroVisor could misread what a newer one writes, or the reverse. */
    static final int FORMAT = 1;

    CheckpointManifest {
        try {
            Instant _ = Instant.parse(created);
        } catch (DateTimeParseException malformed) {
            throw new IllegalArgumentException("not a time", malformed);
        }
        // Checks the names of the files.
        files = new MachineFiles(files).states();
    }

    static CheckpointManifest of(CheckpointSource source, Instant created, BaseTemplate template, MachineFiles files) {
        return new CheckpointManifest(
                FORMAT,
                source.sandbox().value(),
                source.generation(),
                created.toString(),
                source.vmm(),
                template,
                files.states());
    }

    MachineFiles machineFiles() {
        return new MachineFiles(files);
    }

    /** Throws {@code CHECKPOINT_FOREIGN} unless this VMM can load the files. */
    void requireVmm(VmmIdentity here) {
        if (vmm.equals(here)) {
            return;
        }
        String difference;
        if (!vmm.toString().equals(here.toString())) {
            difference = "it was saved by %s, and this is %s".formatted(vmm, here);
        } else if (!vmm.cpu().equals(here.cpu())) {
            difference = "it was saved on processor %s, and this is %s".formatted(vmm.cpu(), here.cpu());
        } else {
            difference = "it was saved with the devices %s, and %s now has %s"
                    .formatted(vmm.machine(), here, here.machine());
        }
        throw CheckpointFaults.foreign(name().sandbox(), difference + "; resume it where it was saved, or kill it");
    }

    CheckpointName name() {
        return new CheckpointName(new SandboxId(sandbox), generation);
    }
}
