package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.options.ImageBuildOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.server.InstalledComponents;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Builds the kernel and the root image while the launcher still compiles the guest agent. */
@Command(name = PrepareImageCommand.NAME, hidden = true)
public final class PrepareImageCommand implements Runnable {
    public static final String NAME = "prepare-image";

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final ImageBuildOptions imageBuild = new ImageBuildOptions();

    @Override
    public void run() {
        new DataDirectory(common.config().dataDir()).claim();
        try (ConsoleProgress progress = common.progress();
                SpawnerSupervisor supervisor = InstalledComponents.supervisor(common.settings())) {
            InstalledComponents.images(common.settings(), supervisor).prepare(ExecutionRequest.USUAL_IMAGE, progress);
        }
    }
}
