package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What something consists of. Closing it ends the parts, the one that was made last first. */
final class Parts implements AutoCloseable {
    private final List<Runnable> ends = new ArrayList<>();

    <T> T own(T part, Consumer<T> end) {
        requireNonNull(part, "part is null");
        requireNonNull(end, "end is null");
        ends.add(() -> end.accept(part));
        return part;
    }

    @Override
    public void close() {
        List<Runnable> all = List.copyOf(ends.reversed());
        ends.clear();
        all.forEach(Runnable::run);
    }
}
