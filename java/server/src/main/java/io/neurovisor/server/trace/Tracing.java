package io.neurovisor.server.trace;

import io.neurovisor.agent.model.Model;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.Product;
import io.neurovisor.server.config.Config;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Makes the spans of requests and sends them off, with what is logged; or does neither. Nobody waits for that: what a
 * receiver does not take in time is dropped.
 */
public final class Tracing implements AutoCloseable {
    /** Makes none. */
    public static final Tracing OFF = new Tracing(OpenTelemetry.noop(), Optional.empty());

    /** For what is still there at the end; a receiver that answers takes far less. */
    private static final Duration LAST_EXPORT = Duration.ofSeconds(3);

    /** So that little is lost with a process that is killed, and an answer's trace is soon there to be looked at. */
    private static final Duration EXPORT_EVERY = Duration.ofSeconds(1);

    private static final Duration EXPORT_LIMIT = Duration.ofSeconds(10);

    private final OpenTelemetry telemetry;
    private final Optional<OpenTelemetrySdk> sdk;
    private final Tracer tracer;

    private Tracing(OpenTelemetry telemetry, Optional<OpenTelemetrySdk> sdk) {
        this.telemetry = telemetry;
        this.sdk = sdk;
        this.tracer = telemetry.getTracer("io.neurovisor");
    }

    /** As the settings say. */
    public static Tracing of(Config config) {
        return config.otlp()
                .map(address -> new Otlp(address, config.otlpProtocol()).tracing(config.traceSample()))
                .orElse(OFF);
    }

    /**
     * Sends to these.
     *
     * @param share of the traces to record that come without a decision, from 0 to 1
     */
    public static Tracing to(SpanExporter spans, LogRecordExporter logs, double share) {
        Resource resource = Resource.create(Attributes.of(
                AttributeKey.stringKey("service.name"),
                "neurovisor",
                AttributeKey.stringKey("service.version"),
                Product.version(),
                AttributeKey.stringKey("service.instance.id"),
                UUID.randomUUID().toString()));
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setResource(resource)
                        .setIdGenerator(new RequestIds())
                        .setSampler(Sampler.parentBased(new RatioSampler(share)))
                        .addSpanProcessor(BatchSpanProcessor.builder(spans)
                                .setScheduleDelay(EXPORT_EVERY)
                                .setExporterTimeout(EXPORT_LIMIT)
                                .build())
                        .build())
                .setLoggerProvider(SdkLoggerProvider.builder()
                        .setResource(resource)
                        .addLogRecordProcessor(BatchLogRecordProcessor.builder(logs)
                                .setScheduleDelay(EXPORT_EVERY)
                                .setExporterTimeout(EXPORT_LIMIT)
                                .build())
                        .build())
                .build();
        return new Tracing(sdk, Optional.of(sdk));
    }

    public boolean isOn() {
        return sdk.isPresent();
    }

    /** For libraries that record by themselves. */
    public OpenTelemetry telemetry() {
        return telemetry;
    }

    /** A part of what this thread is doing, to be begun. */
    public SpanBuilder span(String name) {
        return tracer.spanBuilder(name);
    }

    /** Begins what a request is answered by: part of what its client does, or the first of a trace. */
    public Span begin(SpanBuilder span, RequestTrace trace) {
        return trace.parent()
                .map(parent ->
                        span.setParent(Context.root().with(Span.wrap(parent))).startSpan())
                .orElseGet(() -> ScopedValue.where(RequestIds.KNOWN, trace.id())
                        .call(() -> span.setNoParent().startSpan()));
    }

    /** Does some work within a span that ends with it. */
    public <R> R within(Span span, Supplier<R> work) {
        try (Scope _ = span.makeCurrent()) {
            return work.get();
        } catch (RuntimeException failure) {
            span.setStatus(StatusCode.ERROR, failure.getClass().getSimpleName());
            throw failure;
        } finally {
            span.end();
        }
    }

    /** The same, where the work is a trace of its own. */
    public <R> R within(String name, TraceId id, Supplier<R> work) {
        Span span = begin(span(name), RequestTrace.begun(id));
        try (TraceScope _ = TraceScope.open(id, Context.root().with(span))) {
            return within(span, work);
        }
    }

    /** What whoever is called by a span is told of it; empty where nothing is recorded. */
    public Optional<String> header(Span span) {
        return isOn() ? Optional.of(TraceParents.of(span.getSpanContext())) : Optional.empty();
    }

    /** Makes the spans of executions. */
    public ExecutionListener executions() {
        return isOn() ? new ExecutionSpans(this, InstantSource.system()) : ExecutionListener.NONE;
    }

    /** The model, with a span whenever it is asked. */
    public Model traced(Model model) {
        return isOn() ? new TracedModel(model, this) : model;
    }

    /** Sends what there is; false when it was not taken in time. */
    public boolean flush() {
        return sdk.map(some -> CompletableResultCode.ofAll(List.of(
                                some.getSdkTracerProvider().forceFlush(),
                                some.getSdkLoggerProvider().forceFlush()))
                        .join(LAST_EXPORT.toMillis(), TimeUnit.MILLISECONDS)
                        .isSuccess())
                .orElse(true);
    }

    /** Sends what there is, as far as it is taken in a few seconds. */
    @Override
    public void close() {
        sdk.ifPresent(some -> some.shutdown().join(LAST_EXPORT.toMillis(), TimeUnit.MILLISECONDS));
    }
}
