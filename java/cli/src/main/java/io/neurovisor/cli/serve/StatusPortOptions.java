package io.neurovisor.cli.serve;

import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.server.client.ServingProcess;
import io.neurovisor.server.client.StatusClient;
import io.neurovisor.server.config.ApiKey;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.setting.SettingGroup;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The access to the metrics port of the daemon that the settings name, else of this user's daemon. */
@AcceptsSettings({SettingGroup.STATUS_PORT, SettingGroup.SOCKET})
final class StatusPortOptions {
    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "A file with the API key, for a daemon whose metrics port requires keys.")
    private @Nullable Path keyFile;

    StatusClient client(CommonOptions common) {
        return new StatusClient(
                metricsPort(common.loaded()),
                Optional.ofNullable(keyFile).map(file -> ApiKey.read(file, "--key-file")));
    }

    private static MetricsConfig metricsPort(LoadedConfig loaded) {
        MetricsConfig metrics = loaded.config().metrics();
        Path socket = loaded.config().daemon().socket();
        if (metrics.port() == 0) {
            return ServingProcess.at(socket).metricsPort().map(metrics::at).orElse(metrics);
        }
        boolean named =
                !loaded.isDefault(MetricsConfig.METRICS_PORT) || !loaded.isDefault(MetricsConfig.METRICS_LISTEN);
        return named
                ? metrics
                : ServingProcess.find(socket)
                        .flatMap(ServingProcess::metricsPort)
                        .map(metrics::at)
                        .orElse(metrics);
    }
}
