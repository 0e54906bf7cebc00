package io.neurovisor.tests.runner;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips test classes that would not end by {@code NEUROVISOR_TEST_UNTIL}, in seconds since 1970, on a machine that is slower than the
 * one of the recorded times. A started class runs to its end. Without the variable all classes run.
 */
public final class ClassDeadline implements ExecutionCondition {
    private static final String VARIABLE = "NEUROVISOR_TEST_UNTIL";

    /** How many times slower than the recorded times a machine may be. setup/test-parts.sh has the same number. */
    private static final int SLOWEST = 3;

    private final InstantSource clock;
    private final String until;

    public ClassDeadline() {
        this(InstantSource.system(), System.getenv().getOrDefault(VARIABLE, ""));
    }

    ClassDeadline(InstantSource clock, String until) {
        this.clock = clock;
        this.until = until;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return context.getTestMethod().isPresent() || until.isEmpty()
                ? ConditionEvaluationResult.enabled("")
                : evaluate(seconds(context.getRequiredTestClass().getSimpleName()));
    }

    /** @param seconds the recorded duration of the class */
    ConditionEvaluationResult evaluate(int seconds) {
        Instant end = clock.instant().plusSeconds((long) seconds * SLOWEST);
        return end.isAfter(Instant.ofEpochSecond(Long.parseLong(until)))
                ? ConditionEvaluationResult.disabled(
                        "not started: it may take longer than this run has time (" + VARIABLE + ")")
                : ConditionEvaluationResult.enabled("before the deadline");
    }

    /** Returns the longest recorded duration of a class; 0 for a nested one, which runs within another. */
    private static int seconds(String name) {
        try {
            return TestTable.read()
                    .of(name)
                    .mapToInt(TestTable.Row::seconds)
                    .max()
                    .orElse(0);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
