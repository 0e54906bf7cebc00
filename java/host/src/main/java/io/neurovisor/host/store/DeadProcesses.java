package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What processes left that ended without cleaning up: their registration, and what they had outside of the data directory. */
public final class DeadProcesses {
    private final UseRegistry uses;
    private final boolean dryRun;

    public DeadProcesses(UseRegistry uses, boolean dryRun) {
        this.uses = requireNonNull(uses, "uses is null");
        this.dryRun = dryRun;
    }

    public List<Unneeded> sweep() {
        List<Unneeded> removed = new ArrayList<>();
        for (UseRegistry.Registered process : uses.dead()) {
            process.content()
                    .runtimeDirectory()
                    .filter(directory -> Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS))
                    .ifPresent(directory -> remove(directory, "left by a run that died", removed));
            remove(process.file(), "left by a run that died", removed);
        }
        return removed;
    }

    private void remove(Path path, String reason, List<Unneeded> removed) {
        removed.add(new Unneeded(path, reason, DiskUsage.bytes(path)));
        if (!dryRun) {
            PrivateFiles.delete(path);
        }
    }
}
