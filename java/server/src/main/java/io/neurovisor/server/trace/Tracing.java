package io.neurovisor.server.trace;

import io.neurovisor.agent.model.Model;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.ProductVersion;
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
 * Creates and exports the spans and log records of requests, or does neither. No request waits for an export: what a
 * receiver does not accept in time is dropped.
 */
public final class Tracing implements AutoCloseable {
    public static final Tracing OFF = new Tracing(OpenTelemetry.noop(), Optional.empty());

    /** The limit for the last export; a receiver that works takes far less. */
    private static final Duration LAST_EXPORT = Duration.ofSeconds(3);

    /** Frequent, so that a killed process loses little and traces are soon visible. */
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

    public static Tracing of(Config config) {
        return config.telemetry()
                .otlp()
                .map(address -> new Otlp(address, config.telemetry().otlpProtocol())
                        .tracing(config.telemetry().traceSample()))
                .orElse(OFF);
    }

    /**
     * Exports to these exporters.
     *
     * @param share of the traces to record if the client has made no decision, from 0 to 1
     */
    public static Tracing to(SpanExporter spans, LogRecordExporter logs, double share) {
        Resource resource = Resource.create(Attributes.of(
                AttributeKey.stringKey("service.name"),
                "neurovisor",
                AttributeKey.stringKey("service.version"),
                ProductVersion.current(),
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

    public OpenTelemetry telemetry() {
        return telemetry;
    }

    public SpanBuilder span(String name) {
        return tracer.spanBuilder(name);
    }

    /** Starts the span of a request: a child of the client's span, or the root of a trace. */
    public Span begin(SpanBuilder span, RequestTrace trace) {
        return trace.parent()
                .map(parent ->
                        span.setParent(Context.root().with(Span.wrap(parent))).startSpan())
                .orElseGet(() -> ScopedValue.where(RequestIds.KNOWN, trace.id())
                        .call(() -> span.setNoParent().startSpan()));
    }

    /** Runs work within a span and ends the span. */
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

    public <R> R within(String name, TraceId id, Supplier<R> work) {
        Span span = begin(span(name), RequestTrace.begun(id));
        try (TraceScope _ = TraceScope.open(id, Context.root().with(span))) {
            return within(span, work);
        }
    }

    /** Returns the header for calls within a span; empty if nothing is recorded. */
    public Optional<String> header(Span span) {
        return isOn() ? Optional.of(TraceParents.of(span.getSpanContext())) : Optional.empty();
    }

    public ExecutionListener executions() {
        return isOn() ? new ExecutionSpans(this, InstantSource.system()) : ExecutionListener.NONE;
    }

    public SandboxListener sandboxes() {
        return isOn() ? new SandboxSpans(this, Ticker.SYSTEM, InstantSource.system()) : SandboxListener.NONE;
    }

    public Model traced(Model model) {
        return isOn() ? new TracedModel(model, this) : model;
    }

    /** Exports pending records. Returns false if they were not accepted in time. */
    public boolean flush() {
        return sdk.map(some -> CompletableResultCode.ofAll(List.of(
                                some.getSdkTracerProvider().forceFlush(),
                                some.getSdkLoggerProvider().forceFlush()))
                        .join(LAST_EXPORT.toMillis(), TimeUnit.MILLISECONDS)
                        .isSuccess())
                .orElse(true);
    }

    /** Exports pending records within a few seconds. */
    @Override
    public void close() {
        sdk.ifPresent(some -> some.shutdown().join(LAST_EXPORT.toMillis(), TimeUnit.MILLISECONDS));
    }
}
