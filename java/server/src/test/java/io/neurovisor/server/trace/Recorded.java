package io.neurovisor.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.testing.exporter.InMemoryLogRecordExporter;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;

/** Keeps finished spans in memory. */
public final class Recorded implements AutoCloseable {
    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final Tracing tracing;

    /** Records a share of the traces for which the client has made no decision. */
    public Recorded(double share) {
        tracing = Tracing.to(spans, InMemoryLogRecordExporter.create(), share);
    }

    public Tracing tracing() {
        return tracing;
    }

    /** Returns all finished spans, the oldest first. */
    public List<SpanData> spans() {
        assertThat(tracing.flush()).isTrue();
        return spans.getFinishedSpanItems();
    }

    /** Returns the only span with this name. */
    public SpanData span(String name) {
        List<SpanData> named =
                spans().stream().filter(span -> span.getName().equals(name)).toList();
        assertThat(named).as(name + " in " + spans()).hasSize(1);
        return named.getFirst();
    }

    @Override
    public void close() {
        tracing.close();
    }
}
