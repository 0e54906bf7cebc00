package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    private final Set<ServerCall<?, ?>> watches = ConcurrentHashMap.newKeySet();

    /** @param services by their full names; the empty one is the server as a whole */
    HealthWatch(Map<String, BooleanSupplier> services) {
        this.services = Map.copyOf(services);
        requireNonNull(services.get(HealthStatusManager.SERVICE_NAME_ALL_SERVICES), "the server itself is missing");
    }

    ServerServiceDefinition service() {
        return ServerInterceptors.intercept(health.getHealthService(), new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                if (call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.SERVER_STREAMING) {
                    watches.add(call);
                    Context.current().addListener(_ -> watches.remove(call), Runnable::run);
                }
                return next.startCall(call, headers);
            }
        });
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

    /** Ends the calls of those who watch: none does so by itself, and a server would wait for them. */
    void hangUp() {
        for (ServerCall<?, ?> watch : List.copyOf(watches)) {
            // Nothing is written to it any more: the state is final.
            if (watches.remove(watch)) {
                watch.close(Status.UNAVAILABLE.withDescription("the server ends"), new Metadata());
            }
        }
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
