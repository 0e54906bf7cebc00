package io.neurovisor.server.trace;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;

/** Exports spans and monitors their delivery. */
record MonitoredSpanExporter(SpanExporter exporter, DeliveryMonitor delivery) implements SpanExporter {
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
