package io.neurovisor.server.daemon;

import io.grpc.Channel;
import io.neurovisor.server.config.HttpConfig;
import io.neurovisor.server.http.api.HttpApi;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/** Creates the APIs of a daemon's HTTP port. */
@FunctionalInterface
public interface HttpApis {
    /** For a daemon without an HTTP port. */
    HttpApis NONE = _ -> List.of();

    /**
     * What the APIs have of a daemon.
     *
     * @param services its own gRPC services
     * @param sandboxIds returns the sandboxes that have not ended
     * @param access the directory of its keys
     * @param timer ends calls whose deadline passes
     */
    record Context(
            Channel services,
            Supplier<List<String>> sandboxIds,
            HttpConfig config,
            Path access,
            InstantSource clock,
            ScheduledExecutorService timer) {}

    List<HttpApi> create(Context context);
}
