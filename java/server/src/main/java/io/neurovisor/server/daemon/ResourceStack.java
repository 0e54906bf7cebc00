package io.neurovisor.server.daemon;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A stack of resources. Closing it closes them in reverse order. */
final class ResourceStack implements AutoCloseable {
    private final List<Runnable> ends = new ArrayList<>();

    <T> T own(T part, Consumer<T> end) {
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
