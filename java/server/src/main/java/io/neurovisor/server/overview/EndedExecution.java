package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An execution that has ended.
 *
 * @param number its sequence number in this daemon
 * @param outcome of its program, or the name of the fault that prevented it
 * @param completed whether its program exited by itself
 * @param exitCode null without a program
 * @param vmId its machine; empty without one
 * @param template the template of the machine; empty if it was booted, or there was none
 * @param liveLayers the layers that protected the host from the machine
 * @param detail why a machine died, or which process was killed; otherwise empty
 */
public record EndedExecution(
        long number,
        String traceId,
        String language,
        String size,
        Instant begun,
        String outcome,
        boolean completed,
        @Nullable Integer exitCode,
        String vmId,
        String template,
        List<Integer> liveLayers,
        double totalMillis,
        List<Phase> phases,
        String detail) {
    public EndedExecution {
        requireNonNull(traceId, "traceId is null");
        requireNonNull(language, "language is null");
        requireNonNull(size, "size is null");
        requireNonNull(begun, "begun is null");
        requireNonNull(outcome, "outcome is null");
        requireNonNull(vmId, "vmId is null");
        requireNonNull(template, "template is null");
        liveLayers = List.copyOf(liveLayers);
        phases = List.copyOf(phases);
        requireNonNull(detail, "detail is null");
    }
}
