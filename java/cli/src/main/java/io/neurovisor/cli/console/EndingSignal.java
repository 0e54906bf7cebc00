package io.neurovisor.cli.console;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.utils.Signals;

/**
 * The name of the signal that ends this process. Java's shutdown hooks do not learn it, so that a signal is handled here as
 * Java would: the process exits with 128 and its number, after all hooks.
 */
final class EndingSignal implements AutoCloseable {
    private static final Map<String, Integer> NUMBERS = Map.of("HUP", 1, "INT", 2, "TERM", 15);
    private static final int SIGNALLED = 128;

    private final AtomicReference<String> first = new AtomicReference<>("");
    private final Map<String, Object> previous = new HashMap<>();

    private EndingSignal() {}

    /** Returns a signal that is not watched for and stays unknown. */
    static EndingSignal unwatched() {
        return new EndingSignal();
    }

    /** Watches for signals until it is closed. A signal that this process ignores stays ignored. */
    static EndingSignal watched() {
        EndingSignal signal = new EndingSignal();
        NUMBERS.forEach((name, number) ->
                signal.previous.put(name, Signals.register(name, () -> signal.received(name, SIGNALLED + number))));
        return signal;
    }

    /** Returns a name such as {@code SIGTERM} once a signal has arrived. */
    Optional<String> name() {
        return Optional.of(first.get()).filter(name -> !name.isEmpty()).map(name -> "SIG" + name);
    }

    private void received(String name, int exitCode) {
        first.compareAndSet("", name);
        // Waits for the hooks: only the thread of this signal does, and further signals have threads of their own.
        System.exit(exitCode);
    }

    @Override
    public void close() {
        previous.forEach(Signals::unregister);
    }
}
