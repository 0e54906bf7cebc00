package io.neurovisor.examples;

import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ServerTimes;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.trace.TraceIds;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Measures when the words of a model arrive, and compares the times with those that its server reports. */
final class StreamingLatency {
    private static final String TASK = "Count from one to thirty in English words, one number on each line.";
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** For the difference between two clocks. */
    private static final Duration TOLERANCE = Duration.ofMillis(250);

    private StreamingLatency() {}

    static void run(ExampleRun run) {
        Clock clock = new Clock();
        ModelReply reply = run.model()
                .ask(
                        new ModelRequest(List.of(new Message.User(TASK)), PATIENCE)
                                .withoutTools()
                                .tracedBy(TraceIds.next()),
                        clock);
        Duration all = clock.elapsed();
        Duration writing = all.minus(clock.first);
        int tokens = reply.usage().reply();
        run.check(
                clock.pieces > 1 && clock.first.compareTo(all) < 0,
                "time to first token " + millis(clock.first) + ", then " + clock.pieces + " pieces in "
                        + millis(writing));
        run.check(
                tokens > 0,
                tokens + " tokens by the server's count, " + perSecond(tokens, writing) + " as they arrived");
        ServerTimes times = reply.times();
        run.note("the server reports: load " + shown(times.load()) + ", reading "
                + reply.usage().prompt() + " tokens "
                + shown(times.reading()) + ", writing " + shown(times.writing())
                + times.writing()
                        .map(own -> " (" + perSecond(tokens, own) + ")")
                        .orElse(""));
        times.writing()
                .ifPresent(own -> run.check(
                        own.compareTo(all.plus(TOLERANCE)) <= 0,
                        "the time by the server's clock fits into the " + millis(all) + " by the client's"));
    }

    private static String shown(Optional<Duration> time) {
        return time.map(StreamingLatency::millis).orElse("(nothing)");
    }

    private static String millis(Duration time) {
        return time.toMillis() + " ms";
    }

    private static String perSecond(int tokens, Duration time) {
        return String.format(Locale.ROOT, "%.1f tokens/s", tokens / Math.max(0.001, time.toNanos() / 1e9));
    }

    private static final class Clock implements ReplyListener {
        private long start = Ticker.SYSTEM.nanos();
        private Duration first = Duration.ZERO;
        private int pieces;

        Duration elapsed() {
            return Duration.ofNanos(Ticker.SYSTEM.nanos() - start);
        }

        @Override
        public void text(String piece) {
            if (pieces == 0) {
                first = elapsed();
            }
            pieces++;
        }

        @Override
        public void retry(String reason) {
            start = Ticker.SYSTEM.nanos();
            pieces = 0;
        }
    }
}
