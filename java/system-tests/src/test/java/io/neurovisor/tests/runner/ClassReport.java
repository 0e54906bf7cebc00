package io.neurovisor.tests.runner;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints a line for each failure during the run and, except for unit tests, for each finished test class. Appends the duration of each class to the file
 * that the system property {@code neurovisor.test.times} names. Prints nothing without the system property
 * {@code neurovisor.test.place}, the place where the tests run.
 */
public final class ClassReport implements TestExecutionListener {
    private final Optional<String> place = Optional.ofNullable(System.getProperty("neurovisor.test.place"));
    private final Optional<Path> times =
            Optional.ofNullable(System.getProperty("neurovisor.test.times")).map(Path::of);
    private final Map<String, Counts> running = new ConcurrentHashMap<>();
    private final AtomicInteger ended = new AtomicInteger();
    private volatile int planned;

    /** The results of one class so far. */
    private record Counts(long startedNanos, AtomicInteger passed, AtomicInteger failed, AtomicInteger skipped) {
        Counts() {
            this(System.nanoTime(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger());
        }
    }

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        planned = (int) plan.getRoots().stream()
                .flatMap(root -> plan.getChildren(root).stream())
                .count();
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (isTopClass(test)) {
            running.put(test.getUniqueId(), new Counts());
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        if (isTopClass(test)) {
            say("[%d/%d] %s: skipped, %s".formatted(ended.incrementAndGet(), planned, name(test), reason));
        } else {
            counts(test).ifPresent(counts -> counts.skipped().incrementAndGet());
        }
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.FAILED) {
            String reason = result.getThrowable()
                    .map(Throwable::toString)
                    .orElse("no reason")
                    .replaceAll("\\s+", " ");
            say("FAILED %s: %s".formatted(name(test), reason.substring(0, Math.min(reason.length(), 300))));
        }
        if (test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
            counts(test).ifPresent(counts -> counter(counts, result).incrementAndGet());
        }
        if (isTopClass(test)) {
            Counts counts = requireNonNull(running.get(test.getUniqueId()), "the class has not begun");
            Duration taken = Duration.ofNanos(System.nanoTime() - counts.startedNanos());
            if (!place.equals(Optional.of("unit"))) {
                say("[%d/%d] %s: %d passed, %d failed, %d skipped in %d s"
                        .formatted(
                                ended.incrementAndGet(),
                                planned,
                                name(test),
                                counts.passed().get(),
                                counts.failed().get(),
                                counts.skipped().get(),
                                taken.toSeconds()));
            }
            record(name(test), taken);
        }
    }

    private static AtomicInteger counter(Counts counts, TestExecutionResult result) {
        return switch (result.getStatus()) {
            case SUCCESSFUL -> counts.passed();
            case FAILED -> counts.failed();
            case ABORTED -> counts.skipped();
        };
    }

    private Optional<Counts> counts(TestIdentifier test) {
        return running.entrySet().stream()
                .filter(entry -> test.getUniqueId().startsWith(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static boolean isTopClass(TestIdentifier test) {
        return test.getUniqueIdObject().getSegments().size() == 2 && test.isContainer();
    }

    /** Returns {@code RunIT} for a class, {@code RunIT.prints()} with the arguments for what is in it. */
    private static String name(TestIdentifier test) {
        List<UniqueId.Segment> segments = test.getUniqueIdObject().getSegments();
        if (segments.size() < 2) {
            return test.getDisplayName();
        }
        String top = segments.get(1).getValue().replaceAll(".*\\.", "");
        return segments.size() == 2 ? top : top + "." + test.getDisplayName();
    }

    private void say(String line) {
        place.ifPresent(where -> System.out.println("test: " + where + " " + line));
    }

    private synchronized void record(String name, Duration taken) {
        if (times.isEmpty() || place.isEmpty()) {
            return;
        }
        try {
            Files.writeString(
                    times.get(),
                    "%s\t%s\t%d%n".formatted(place.get(), name, taken.toSeconds()),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
