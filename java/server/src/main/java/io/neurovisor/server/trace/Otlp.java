package io.neurovisor.server.trace;

import io.neurovisor.server.config.TelemetryConfig.OtlpProtocol;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;

/**
 * A receiver of traces and logs, such as an OpenTelemetry Collector.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/">OTLP</a>
 */
record Otlp(URI address, OtlpProtocol protocol) {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Set<Integer> HTTP_PORTS = Set.of(4318, 4319);
    private static final String TRACES = "/v1/traces";
    private static final String LOGS = "/v1/logs";

    Tracing tracing(double share) {
        return Tracing.to(
                new MonitoredSpanExporter(spans(), new DeliveryMonitor("traces", address)),
                new MonitoredLogExporter(logs(), new DeliveryMonitor("logs", address)),
                share);
    }

    boolean isHttp() {
        return switch (protocol) {
            case GRPC -> false;
            case HTTP_PROTOBUF -> true;
            case AUTO -> HTTP_PORTS.contains(address.getPort()) || path().endsWith(TRACES);
        };
    }

    private SpanExporter spans() {
        return isHttp()
                ? OtlpHttpSpanExporter.builder()
                        .setEndpoint(url(TRACES))
                        .setTimeout(TIMEOUT)
                        .build()
                : OtlpGrpcSpanExporter.builder()
                        .setEndpoint(address.toString())
                        .setTimeout(TIMEOUT)
                        .build();
    }

    private LogRecordExporter logs() {
        return isHttp()
                ? OtlpHttpLogRecordExporter.builder()
                        .setEndpoint(url(LOGS))
                        .setTimeout(TIMEOUT)
                        .build()
                : OtlpGrpcLogRecordExporter.builder()
                        .setEndpoint(address.toString())
                        .setTimeout(TIMEOUT)
                        .build();
    }

    /** Returns the URL for one kind of signal, derived from that for traces. */
    String url(String kind) {
        String path = path();
        String base = path.endsWith(TRACES) ? path.substring(0, path.length() - TRACES.length()) : path;
        return address.resolve(base + kind).toString();
    }

    private String path() {
        String path = address.getPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** Exports spans and monitors their delivery. */
    private record MonitoredSpanExporter(SpanExporter exporter, DeliveryMonitor delivery) implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return delivery.watch(exporter.export(spans));
        }

        @Override
        public CompletableResultCode flush() {
            return exporter.flush();
        }

        @Override
        public CompletableResultCode shutdown() {
            return exporter.shutdown();
        }
    }

    /** Exports log records and monitors their delivery. */
    private record MonitoredLogExporter(LogRecordExporter exporter, DeliveryMonitor delivery)
            implements LogRecordExporter {
        @Override
        public CompletableResultCode export(Collection<LogRecordData> records) {
            return delivery.watch(exporter.export(records));
        }

        @Override
        public CompletableResultCode flush() {
            return exporter.flush();
        }

        @Override
        public CompletableResultCode shutdown() {
            return exporter.shutdown();
        }
    }
}
