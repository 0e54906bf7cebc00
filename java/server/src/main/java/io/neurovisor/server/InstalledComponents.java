package io.neurovisor.server;

import io.neurovisor.host.checkpoint.FileCheckpointStore;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.guestkernel.Kernels;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.host.template.FileTemplateStore;
import java.time.InstantSource;

/** The images, guest kernels and templates of a data directory, and the supervisor that builds them. */
public final class InstalledComponents {
    private InstalledComponents() {}

    /** Returns the root images for reading only. */
    public static Images images(Settings settings) {
        return images(settings, Supervisor.none());
    }

    public static Images images(Settings settings, Supervisor supervisor) {
        return new Images(
                settings.home(),
                settings.guestAgent(),
                settings.dataDir(),
                kernels(settings, supervisor),
                digests(settings),
                InstantSource.system(),
                supervisor,
                settings::buildNamespace);
    }

    /** Returns the guest kernels for reading only. */
    public static Kernels kernels(Settings settings) {
        return kernels(settings, Supervisor.none());
    }

    public static Kernels kernels(Settings settings, Supervisor supervisor) {
        return new Kernels(
                settings.home(),
                settings.dataDir(),
                settings.config().guest().kernel(),
                digests(settings),
                InstantSource.system(),
                supervisor,
                settings::buildNamespace);
    }

    /** Returns the templates for reading only. */
    public static FileTemplateStore templates(Settings settings) {
        return templates(settings, Supervisor.none());
    }

    static FileTemplateStore templates(Settings settings, Supervisor supervisor) {
        return new FileTemplateStore(settings.templates(), digests(settings), InstantSource.system(), supervisor);
    }

    /** Returns the checkpoints of sandboxes for reading and removal only. */
    public static FileCheckpointStore checkpoints(Settings settings) {
        return checkpoints(settings, Supervisor.none());
    }

    public static FileCheckpointStore checkpoints(Settings settings, Supervisor supervisor) {
        return new FileCheckpointStore(
                settings.sandboxes().resolve("checkpoints"),
                digests(settings),
                settings.config().sandbox().disk().bytes(),
                InstantSource.system(),
                supervisor);
    }

    private static FileDigests digests(Settings settings) {
        return new FileDigests(settings.digests(), InstantSource.system());
    }

    /** Starts a spawner for a command that builds artifacts but starts no machine. */
    public static SpawnerSupervisor supervisor(Settings settings) {
        return new SpawnerSupervisor(
                settings.spawner(), Spawner.start(settings.spawnerProgram(), RuntimeDirectory.choose()));
    }
}
