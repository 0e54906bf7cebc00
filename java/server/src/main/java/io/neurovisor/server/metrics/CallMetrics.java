package io.neurovisor.server.metrics;

import io.grpc.BindableService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.status.RpcFailure;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** Metrics of calls: their number, duration, failures and rate limiting. */
public final class CallMetrics implements ServerInterceptor {
    private static final String API_KEY = "api_key";
    private static final String UNIX_USER = "unix_user";
    private static final String LOOPBACK = "loopback";

    private final Supplier<TraceId> trace;
    private final Ticker ticker;
    private final Gauge inFlight;
    private final Histogram duration;
    private final Histogram requestSize;
    private final ErrorMetrics errors;
    private final Counter limited;

    CallMetrics(PrometheusRegistry registry, ErrorMetrics errors, Supplier<TraceId> trace, Ticker ticker) {
        this.trace = trace;
        this.ticker = ticker;
        inFlight = Gauge.builder()
                .name("neurovisor_requests_in_flight")
                .help("Calls in progress.")
                .register(registry);
        duration = MetricFamilies.seconds(
                registry,
                "neurovisor_grpc_request_duration_seconds",
                "Duration of calls from the headers to the status.",
                "method");
        requestSize = MetricFamilies.bytes(registry, "neurovisor_request_size_bytes", "Size of request messages.");
        this.errors = errors;
        limited = MetricFamilies.counter(
                registry,
                "neurovisor_rate_limited_total",
                "Calls refused because the caller's token bucket was empty.",
                "scope");
        List.of(API_KEY, UNIX_USER, LOOPBACK).forEach(limited::initLabelValues);
    }

    /** Exposes the durations of calls of these methods before the first call. */
    public void serves(List<BindableService> services) {
        services.stream()
                .flatMap(service -> service.bindService().getMethods().stream())
                .map(method -> method.getMethodDescriptor().getFullMethodName())
                .filter(CallMetrics::isCounted)
                .forEach(duration::initLabelValues);
    }

    /** Health checks and reflection are not counted as work. */
    private static boolean isCounted(String method) {
        return !method.startsWith("grpc.");
    }

    public void limited(Tenant tenant) {
        limited.labelValues(
                        switch (tenant) {
                            case Tenant.KeyHolder _ -> API_KEY;
                            case Tenant.LocalUser _ -> UNIX_USER;
                            case Tenant.Loopback _ -> LOOPBACK;
                        })
                .inc();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        if (!isCounted(method)) {
            return next.startCall(call, headers);
        }
        Counted<Q, A> counted = new Counted<>(call, method);
        return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
            @Override
            public void onMessage(Q message) {
                length(message);
                super.onMessage(message);
            }

            @Override
            public void onCancel() {
                counted.end(Status.CANCELLED, new Metadata());
                super.onCancel();
            }
        };
    }

    private void length(Object message) {
        try {
            if (message instanceof InputStream stream && message instanceof KnownLength) {
                requestSize.observe(stream.available());
            }
        } catch (IOException exception) {
            throw new UncheckedIOException("the length of what is in memory is known", exception);
        }
    }

    /** Counts the end of a call once, however it is reported. */
    private final class Counted<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final String method;
        private final TraceId id = trace.get();
        private final long startNanos = ticker.nanos();
        private final AtomicBoolean ended = new AtomicBoolean();

        Counted(ServerCall<Q, A> call, String method) {
            super(call);
            this.method = method;
            inFlight.inc();
        }

        @Override
        public void close(Status status, Metadata trailers) {
            end(status, trailers);
            super.close(status, trailers);
        }

        void end(Status status, Metadata trailers) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            inFlight.dec();
            Duration taken = Duration.ofNanos(ticker.nanos() - startNanos);
            duration.labelValues(method).observeWithExemplar(MachineMetrics.seconds(taken), Exemplars.of(id));
            if (!status.isOk()) {
                errors.failed(
                        RpcFailure.reason(status, trailers)
                                .orElseGet(() -> "grpc_" + status.getCode().name()),
                        id);
            }
        }
    }
}
