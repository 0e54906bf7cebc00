package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One whole reply of a model.
 *
 * @param text everything it wrote, thinking and calls in the text included
 * @param calls those that the server has recognised
 * @param cut whether the reply ended because it was too long
 * @param times what the server says it took
 */
public record ModelReply(String text, List<ToolCall> calls, Usage usage, boolean cut, ServerTimes times) {
    public ModelReply {
        requireNonNull(text, "text is null");
        calls = List.copyOf(calls);
        requireNonNull(usage, "usage is null");
        requireNonNull(times, "times is null");
    }

    /** Of a server that says at most how long the model was loaded. */
    public ModelReply(String text, List<ToolCall> calls, Usage usage, boolean cut, Optional<Duration> loadTime) {
        this(text, calls, usage, cut, new ServerTimes(loadTime, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    public Optional<Duration> loadTime() {
        return times.load();
    }

    /** A reply of nothing but text. */
    public static ModelReply of(String text) {
        return new ModelReply(text, List.of(), Usage.NONE, false, ServerTimes.NONE);
    }
}
