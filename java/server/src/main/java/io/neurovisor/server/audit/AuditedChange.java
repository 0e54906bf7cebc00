package io.neurovisor.server.audit;

import io.neurovisor.engine.trace.TraceId;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Something that a client has done to a sandbox.
 *
 * @param event such as {@code process_started}
 * @param details by name; no commands, values of variables or content of files
 */
public record AuditedChange(String event, TraceId traceId, AuditedCall call, SortedMap<String, String> details) {
    public AuditedChange {
        details = new TreeMap<>(details);
    }
}
