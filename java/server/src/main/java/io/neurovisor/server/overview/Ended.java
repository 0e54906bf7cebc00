package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An execution that has ended.
 *
 * @param number which of this daemon's it is
 * @param outcome that of its program, or the name of the fault that kept it from having one
 * @param completed whether its program came to its own end
 * @param exitCode null where there was no program to have one
 * @param vmId its machine; empty where it got none
 * @param template what the machine was cloned from; empty if it was booted, or there was none
 * @param liveLayers which layers protected the host from that machine
 * @param detail why a sandbox died, or which process was killed; empty otherwise
 */
public record Ended(
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
    public Ended {
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
