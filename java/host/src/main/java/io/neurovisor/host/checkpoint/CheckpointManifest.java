package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.sandbox.SandboxId;
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

    MachineFiles machineFiles() {
        return new MachineFiles(files);
    }

    CheckpointName name() {
        return new CheckpointName(new SandboxId(sandbox), generation);
    }
}
