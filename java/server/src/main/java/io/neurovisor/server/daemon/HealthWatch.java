package io.neurovisor.server.daemon;

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
    private final Set<ServerCall<?, ?>> watches = ConcurrentHashMap.newKeySet();
    private final BooleanSupplier ready;
    private final Set<String> needingMachines;
    private final Set<String> others;

    /** Returns the health of a daemon's services. Inference is always healthy, because it needs no machine. */
    static HealthWatch of(Readiness readiness) {
        return new HealthWatch(
                () -> readiness.obstacle().isEmpty(),
                Set.of(
                        HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                        ExecutionServiceGrpc.SERVICE_NAME,
                        AgentServiceGrpc.SERVICE_NAME),
                Set.of(
                        InferenceServiceGrpc.SERVICE_NAME,
                        io.neurovisor.proto.inference.original.InferenceServiceGrpc.SERVICE_NAME));
    }

    /**
     * @param ready asked once for all services that need machines
     * @param needingMachines full names; the empty name stands for the whole server
     * @param others always healthy
     */
    HealthWatch(BooleanSupplier ready, Set<String> needingMachines, Set<String> others) {
        this.ready = ready;
        this.needingMachines = Set.copyOf(needingMachines);
        this.others = Set.copyOf(others);
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
        others.forEach(name -> health.setStatus(name, ServingStatus.SERVING));
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
        ServingStatus status = ready.getAsBoolean() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
        needingMachines.forEach(name -> health.setStatus(name, status));
    }
}
