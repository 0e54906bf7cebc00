package io.neurovisor.server;

import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.image.LabImages;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.lab.LabStarts;
import io.neurovisor.lab.Labs;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/** Creates the components that start and find lab machines. */
public final class LabWiring {
    private LabWiring() {}

    public static Labs labs(Settings settings) {
        return new Labs(machines(settings));
    }

    public static LabStarts starts(Settings settings, Supervisor supervisor) {
        return new LabStarts(
                images(settings, supervisor), settings.dataDir(), machines(settings), settings.home(), supervisor);
    }

    /** Wraps the command in a program that ends it when this process ends for any reason. */
    public static ToolCommand guarded(Settings settings, ToolCommand command) {
        return command.below(List.of(
                settings.spawner().toString(),
                "--tool",
                Long.toString(ProcessHandle.current().pid())));
    }

    static LabImages images(Settings settings, Supervisor supervisor) {
        return new LabImages(
                settings.home(),
                settings.labs().resolve("images"),
                new FileDigests(settings.digests(), InstantSource.system()),
                InstantSource.system(),
                supervisor,
                settings::buildNamespace);
    }

    private static Path machines(Settings settings) {
        return settings.labs().resolve("machines");
    }
}
