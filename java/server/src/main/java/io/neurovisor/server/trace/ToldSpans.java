package io.neurovisor.server.trace;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;

/** Sends spans, and has it told when they do not arrive. */
record ToldSpans(SpanExporter exporter, Delivery delivery) implements SpanExporter {
    ToldSpans {
        requireNonNull(exporter, "exporter is null");
        requireNonNull(delivery, "delivery is null");
    }

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
