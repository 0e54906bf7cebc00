package io.neurovisor.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.testing.exporter.InMemoryLogRecordExporter;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;

/** What is traced, kept in memory. */
public final class Recorded implements AutoCloseable {
    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final Tracing tracing;

    /** A share of all that no client has decided of. */
    public Recorded(double share) {
        tracing = Tracing.to(spans, InMemoryLogRecordExporter.create(), share);
    }

    public Tracing tracing() {
        return tracing;
    }

    /** All that have ended, the first one first. */
    public List<SpanData> spans() {
        assertThat(tracing.flush()).isTrue();
        return spans.getFinishedSpanItems();
    }

    /** The only one of its name. */
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
