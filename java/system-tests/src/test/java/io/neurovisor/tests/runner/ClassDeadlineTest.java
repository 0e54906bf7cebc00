package io.neurovisor.tests.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Tests that no class starts after the deadline of the run. */
final class ClassDeadlineTest {
    private static final Instant NOW = Instant.ofEpochSecond(1000);

    @Test
    void startsNoClassAfterIt() {
        assertThat(isStarted("1000", true)).isFalse();
        assertThat(isStarted("1001", true)).isTrue();
    }

    @Test
    void letsAStartedClassRunToItsEnd() {
        assertThat(isStarted("1", false)).isTrue();
    }

    @Test
    void isNoneWithoutTheVariable() {
        assertThat(isStarted("", true)).isTrue();
    }

    private static boolean isStarted(String until, boolean isClass) {
        return !new ClassDeadline(() -> NOW, until).evaluate(isClass).isDisabled();
    }
}
