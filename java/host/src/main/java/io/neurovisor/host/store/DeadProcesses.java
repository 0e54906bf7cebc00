package io.neurovisor.host.store;

import io.neurovisor.host.files.DiskUsage;
import io.neurovisor.host.files.PrivateFiles;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The registrations of processes that ended without removing them. */
public record DeadProcesses(UseRegistry uses, boolean dryRun) {
    /**
     * Returns their existing runtime directories outside of the data directory. The journal of the spawner decides
     * whose they are.
     */
    public List<Path> runtimeDirectories() {
        return uses.dead().stream()
                .flatMap(process -> process.content().runtimeDirectory().stream())
                .filter(DeadProcesses::exists)
                .toList();
    }

    /** Removes the registrations. A registration with a runtime directory stays while that exists. */
    public List<UnusedPath> sweep() {
        List<UnusedPath> removed = new ArrayList<>();
        for (UseRegistry.Registered process : uses.dead()) {
            if (dryRun
                    || process.content()
                            .runtimeDirectory()
                            .filter(DeadProcesses::exists)
                            .isEmpty()) {
                removed.add(new UnusedPath(
                        process.file(), "left by a run that was killed", DiskUsage.bytes(process.file())));
                if (!dryRun) {
                    PrivateFiles.delete(process.file());
                }
            }
        }
        return removed;
    }

    private static boolean exists(Path directory) {
        return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS);
    }
}
