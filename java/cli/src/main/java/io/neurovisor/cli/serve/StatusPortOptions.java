package io.neurovisor.cli.serve;

import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.server.client.StatusClient;
import io.neurovisor.server.config.ApiKey;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The access to a daemon's metrics port. */
final class StatusPortOptions {
    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "A file with the API key, for a daemon whose metrics port requires keys.")
    private @Nullable Path keyFile;

    StatusClient client(CommonOptions common) {
        return new StatusClient(
                common.config().metrics(), Optional.ofNullable(keyFile).map(file -> ApiKey.read(file, "--key-file")));
    }
}
