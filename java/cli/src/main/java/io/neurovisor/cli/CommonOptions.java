package io.neurovisor.cli;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.image.Images;
import io.neurovisor.host.image.KernelChoice;
import io.neurovisor.host.image.Kernels;
import io.neurovisor.host.template.FileTemplateStore;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options of every command that works with the data directory. */
final class CommonOptions {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "${env:NEUROVISOR_DATA_DIR}",
            description = "Images, kernels and templates are kept here. Default: $XDG_DATA_HOME/neurovisor or"
                    + " ~/.local/share/neurovisor. Environment: NEUROVISOR_DATA_DIR.")
    private String dataDir = "";

    @Option(names = "--debug", description = "Show the stack trace of a failure.")
    @SuppressWarnings("UnusedVariable") // Failures asks picocli whether it was given.
    private boolean debug;

    Path dataDir() {
        return dataDir.isBlank() ? defaultDataDir() : Path.of(dataDir);
    }

    Images images() {
        return NeuroVisor.images(settings(KernelChoice.AUTO));
    }

    FileTemplateStore templates() {
        return NeuroVisor.templates(settings(KernelChoice.AUTO));
    }

    Kernels kernels(KernelChoice kernel) {
        return NeuroVisor.kernels(settings(kernel));
    }

    private Settings settings(KernelChoice kernel) {
        return settings("base", kernel, SandboxSize.MEDIUM, true);
    }

    Settings settings(String image, KernelChoice kernel, SandboxSize size, boolean snapshot) {
        return new Settings(home(), dataDir(), image, kernel, size, snapshot);
    }

    /** Where the launcher found the repository. */
    static Path home() {
        return Path.of(System.getProperty("neurovisor.home", "."));
    }

    private static Path defaultDataDir() {
        String xdg = System.getenv().getOrDefault("XDG_DATA_HOME", "");
        return xdg.startsWith("/")
                ? Path.of(xdg, "neurovisor")
                : Path.of(System.getProperty("user.home"), ".local/share/neurovisor");
    }
}
