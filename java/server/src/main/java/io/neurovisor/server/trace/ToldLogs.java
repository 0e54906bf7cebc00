package io.neurovisor.server.trace;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import java.util.Collection;

/** Sends what is logged, and has it told when that does not arrive. */
record ToldLogs(LogRecordExporter exporter, Delivery delivery) implements LogRecordExporter {
    ToldLogs {
        requireNonNull(exporter, "exporter is null");
        requireNonNull(delivery, "delivery is null");
    }

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
