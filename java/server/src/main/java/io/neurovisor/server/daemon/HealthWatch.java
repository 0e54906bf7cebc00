package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Keeps what {@code grpc.health.v1.Health} says of each service as it is. */
final class HealthWatch implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(250);

    private final HealthStatusManager health = new HealthStatusManager();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("health").factory());
    private final Map<String, BooleanSupplier> services;

    /** @param services by their full names; the empty one is the server as a whole */
    HealthWatch(Map<String, BooleanSupplier> services) {
        this.services = Map.copyOf(services);
        requireNonNull(services.get(HealthStatusManager.SERVICE_NAME_ALL_SERVICES), "the server itself is missing");
    }

    BindableService service() {
        return health.getHealthService();
    }

    void start() {
        look();
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** From now on nothing is served, and whoever watches is told. */
    void drain() {
        timer.shutdownNow();
        health.enterTerminalState();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private void look() {
        services.forEach((name, serves) ->
                health.setStatus(name, serves.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING));
    }
}
