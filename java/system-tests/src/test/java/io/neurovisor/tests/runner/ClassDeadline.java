package io.neurovisor.tests.runner;

import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips test classes that would start after {@code NEUROVISOR_TEST_UNTIL}, in seconds since 1970. A started class runs to its end.
 * Without the variable all classes run.
 */
public final class ClassDeadline implements ExecutionCondition {
    private static final String VARIABLE = "NEUROVISOR_TEST_UNTIL";

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
        return evaluate(context.getTestMethod().isEmpty());
    }

    ConditionEvaluationResult evaluate(boolean isClass) {
        if (!isClass || until.isEmpty() || clock.instant().isBefore(Instant.ofEpochSecond(Long.parseLong(until)))) {
            return ConditionEvaluationResult.enabled("before the deadline");
        }
        return ConditionEvaluationResult.disabled("not started: the time of this run is over (" + VARIABLE + ")");
    }
}
