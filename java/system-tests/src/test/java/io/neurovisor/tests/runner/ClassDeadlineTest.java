package io.neurovisor.tests.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Tests that a class is started only if it ends by the deadline of the run, also on a slow machine. */
final class ClassDeadlineTest {
    private static final Instant NOW = Instant.ofEpochSecond(1000);

    @Test
    void startsAClassWithThreeTimesItsDuration() {
        assertThat(isStarted("1300", 100)).isTrue();
        assertThat(isStarted("1299", 100)).isFalse();
    }

    @Test
    void startsNoClassAfterIt() {
        assertThat(isStarted("1000", 0)).isTrue();
        assertThat(isStarted("999", 0)).isFalse();
    }

    private static boolean isStarted(String until, int seconds) {
        return !new ClassDeadline(() -> NOW, until).evaluate(seconds).isDisabled();
    }
}
