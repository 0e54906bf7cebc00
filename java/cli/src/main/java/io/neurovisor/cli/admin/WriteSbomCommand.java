package io.neurovisor.cli.admin;

import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.sbom.ProductSbom;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Merges the bills of materials of Maven and Cargo for the launcher's {@code sbom}. */
@Command(name = WriteSbomCommand.NAME, hidden = true)
public final class WriteSbomCommand implements Runnable {
    public static final String NAME = "write-sbom";

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final CommonOptions common = new CommonOptions();

    @Parameters(index = "0", paramLabel = "MAVEN")
    private Path maven;

    @Parameters(index = "1", paramLabel = "CARGO")
    private Path cargo;

    @Parameters(index = "2", paramLabel = "OUTPUT")
    private Path output;

    @Override
    public void run() {
        PrivateFiles.replace(output.toAbsolutePath(), ProductSbom.of(maven, cargo));
    }
}
