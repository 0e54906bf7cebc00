package io.neurovisor.server;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.host.files.DiskUsage;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.host.store.UnusedPath;
import io.neurovisor.host.store.UseRegistry;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Removes everything that NeuroVisor has written outside of its checkout. Fails while a process uses the data
 * directory.
 */
public final class Uninstallation {
    private final DataDirectory dataDirectory;
    private final UseRegistry uses;
    private final Settings settings;
    private final Map<String, String> environment;
    private final List<Path> configuration;
    private final List<Path> sockets;

    /** @param configuration the user's files that are removed, too */
    public Uninstallation(Settings settings, List<Path> configuration, Map<String, String> environment) {
        this.settings = settings;
        this.environment = Map.copyOf(environment);
        this.dataDirectory = new DataDirectory(settings.dataDir());
        this.uses = new UseRegistry(settings.dataDir());
        this.configuration = List.copyOf(configuration);
        this.sockets = RuntimeDirectory.bases(environment);
    }

    /**
     * Returns what will be removed.
     *
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} if the data directory is not NeuroVisor's
     */
    public List<UnusedPath> contents() {
        refuseWhileRunning();
        List<UnusedPath> contents = new ArrayList<>();
        if (Files.exists(dataDirectory.path(), LinkOption.NOFOLLOW_LINKS)) {
            dataDirectory.requireOurs();
            contents.add(new UnusedPath(
                    dataDirectory.path(),
                    "images, kernels, templates, sessions and keys" + sandboxes(),
                    DiskUsage.bytes(dataDirectory.path())));
        }
        sockets.stream()
                .filter(base -> Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS))
                .forEach(base ->
                        contents.add(new UnusedPath(base, "sockets, unless they are in use", DiskUsage.bytes(base))));
        configuration.stream()
                .filter(Files::exists)
                .forEach(file -> contents.add(new UnusedPath(file, "settings", DiskUsage.bytes(file))));
        return contents;
    }

    private String sandboxes() {
        if (!SandboxDatabase.isIn(settings.sandboxes())) {
            return "";
        }
        CheckpointStore checkpoints = InstalledComponents.checkpoints(settings);
        try (SandboxDatabase records =
                SandboxDatabase.open(settings.sandboxes(), InstantSource.system(), checkpoints)) {
            return counted(records.sizePaused(), "paused sandbox", "paused sandboxes")
                    + counted(checkpoints.snapshots().size(), "snapshot", "snapshots");
        } catch (NeuroVisorException unusable) {
            return ""; // It is removed, too.
        }
    }

    private static String counted(int number, String one, String many) {
        return number == 0 ? "" : ", and " + number + " " + (number == 1 ? one : many);
    }

    public void remove() {
        if (Files.exists(dataDirectory.path(), LinkOption.NOFOLLOW_LINKS)) {
            dataDirectory.requireOurs();
            DeadRuns.Swept _ = new DeadRuns(settings, environment, false).sweep();
            if (!uses.unlessRunning(dataDirectory::remove)) {
                refuseWhileRunning();
            }
        }
        // A process with another data directory may be running, so only empty directories are removed.
        sockets.forEach(RuntimeDirectory::removeIfEmpty);
        configuration.forEach(PrivateFiles::delete);
    }

    private void refuseWhileRunning() {
        LabWiring.labs(settings).list().stream().findFirst().ifPresent(lab -> {
            throw new NeuroVisorException(
                    Fault.IN_USE,
                    "%s is in use by lab %s; end it with ./neurovisor lab down --name %s and try again"
                            .formatted(dataDirectory.path(), lab.name(), lab.name()));
        });
        List<String> running = uses.running();
        if (!running.isEmpty()) {
            throw new NeuroVisorException(
                    Fault.IN_USE,
                    dataDirectory.path() + " is in use by process " + String.join(", ", running)
                            + "; end it and try again");
        }
    }
}
