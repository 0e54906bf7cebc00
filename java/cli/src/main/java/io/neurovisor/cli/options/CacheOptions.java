package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about what may be kept on disk. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class CacheOptions {
    @Option(
            names = "--cache-max",
            paramLabel = "SIZE",
            description = "What images, kernels and templates may take on disk, such as 20G. Default: off, no limit."
                    + " Environment: NEUROVISOR_CACHE_MAX.")
    private @Nullable String cacheMax;
}
