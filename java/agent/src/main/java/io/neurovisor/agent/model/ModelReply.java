package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A complete reply of a model.
 *
 * @param text the whole text, with thinking and calls in it
 * @param calls the calls that the server recognised
 * @param cut whether the reply was truncated because of its length
 * @param times the durations that the server reports
 */
public record ModelReply(String text, List<ToolCall> calls, Usage usage, boolean cut, ServerTimes times) {
    public ModelReply {
        requireNonNull(text, "text is null");
        calls = List.copyOf(calls);
        requireNonNull(usage, "usage is null");
        requireNonNull(times, "times is null");
    }

    public Optional<Duration> loadTime() {
        return times.load();
    }

    /** Returns a reply that contains only text. */
    public static ModelReply of(String text) {
        return new ModelReply(text, List.of(), Usage.NONE, false, ServerTimes.NONE);
    }
}
