package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of every command that may build an image or a kernel. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class ImageBuildOptions {
    @Option(
            names = "--image-uids",
            paramLabel = "FIRST-LAST|off",
            description =
                    "Where root builds images, scripts of packages and pip run in a user namespace as these users;"
                            + " with off as root of this machine. Default: 2000065536-2000131071. Environment:"
                            + " NEUROVISOR_IMAGE_UIDS.")
    private @Nullable String imageUids;
}
