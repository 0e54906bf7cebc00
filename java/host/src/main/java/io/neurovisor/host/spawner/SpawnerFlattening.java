package io.neurovisor.host.spawner;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.proto.spawner.FlattenMemory;
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
                .setTemplate(absolute(start.saved().directory()))
                .setCheckpoint(absolute(checkpoint))
                .setTarget(absolute(directory))
                .build();
        String problem = spawner.flatten(request, progress, LIMIT);
        if (!problem.isEmpty()) {
            throw new NeuroVisorException(Fault.STORAGE_FAILED, "the memory was not copied: " + problem);
        }
    }

    private static String absolute(Path directory) {
        return directory.toAbsolutePath().normalize().toString();
    }
}
