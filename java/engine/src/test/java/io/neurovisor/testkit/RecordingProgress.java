package io.neurovisor.testkit;

import io.neurovisor.engine.progress.Progress;
import java.util.ArrayList;
import java.util.List;

/** Records the reported steps. */
public final class RecordingProgress implements Progress {
    private final List<String> steps = new ArrayList<>();

    @Override
    public synchronized void step(String message) {
        steps.add(message);
    }

    @Override
    public synchronized void detail(String message) {}

    public synchronized List<String> steps() {
        return List.copyOf(steps);
    }
}
