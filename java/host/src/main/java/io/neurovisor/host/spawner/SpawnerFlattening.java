package io.neurovisor.host.spawner;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.proto.spawner.FlattenMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Has the spawner copy memory, because only it reads the pages of checkpoints. */
public record SpawnerFlattening(Spawner spawner) implements Flattening {
    /** For the largest memory on a slow disk, after others. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Override
    public void flatten(VmStart.Restore start, Path directory, Progress progress) {
        Path checkpoint = start.checkpoint()
                .map(Checkpoint::directory)
                .orElseThrow(() -> new NeuroVisorException(Fault.INTERNAL, "there is no checkpoint"));
        PrivateFiles.createDirectory(directory);
        FlattenMemory request = FlattenMemory.newBuilder()
                .setTemplate(withoutLinks(start.saved().directory()))
                .setCheckpoint(withoutLinks(checkpoint))
                .setTarget(withoutLinks(directory))
                .build();
        String problem = spawner.flatten(request, progress, LIMIT);
        if (!problem.isEmpty()) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "the memory was not copied: " + problem);
        }
    }

    /** The spawner does not follow links. */
    private static String withoutLinks(Path directory) {
        try {
            return directory.toRealPath().toString();
        } catch (IOException failure) {
            throw StorageFaults.of("find", directory, failure);
        }
    }
}
