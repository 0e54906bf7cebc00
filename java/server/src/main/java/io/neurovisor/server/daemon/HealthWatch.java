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
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
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

/** Updates the state of each service in {@code grpc.health.v1.Health} periodically. */
final class HealthWatch implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(250);

    private final HealthStatusManager health = new HealthStatusManager();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("health").factory());
    private final Map<String, BooleanSupplier> services;
    private final Set<ServerCall<?, ?>> watches = ConcurrentHashMap.newKeySet();

    /** Returns the health of a daemon's services. Inference is always healthy, because it needs no machine. */
    static HealthWatch of(Readiness readiness) {
        BooleanSupplier ready = () -> readiness.obstacle().isEmpty();
        return new HealthWatch(Map.of(
                HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                ready,
                ExecutionServiceGrpc.SERVICE_NAME,
                ready,
                AgentServiceGrpc.SERVICE_NAME,
                ready,
                InferenceServiceGrpc.SERVICE_NAME,
                () -> true,
                io.neurovisor.proto.inference.original.InferenceServiceGrpc.SERVICE_NAME,
                () -> true));
    }

    /** @param services by their full names; the empty name stands for the whole server */
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
        update();
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                this::update, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Sets every service to NOT_SERVING permanently and notifies the watchers. */
    void drain() {
        timer.shutdownNow();
        health.enterTerminalState();
    }

    /** Ends the calls of watchers. They do not end by themselves, so the server would wait for them when it stops. */
    void closeWatches() {
        for (ServerCall<?, ?> watch : List.copyOf(watches)) {
            // The state is final, so nothing else is written to the call.
            if (watches.remove(watch)) {
                watch.close(Status.UNAVAILABLE.withDescription("the server is shutting down"), new Metadata());
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private void update() {
        services.forEach((name, serves) ->
                health.setStatus(name, serves.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING));
    }
}
