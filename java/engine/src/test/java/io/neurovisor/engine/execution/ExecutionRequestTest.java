package io.neurovisor.engine.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ExecutionRequestTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 30, 86400})
    void acceptsTimeoutsFromOneSecondToOneDay(long seconds) {
        assertThat(request(Duration.ofSeconds(seconds)).timeout()).hasSeconds(seconds);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 86401, 3_600_000})
    void rejectsOtherTimeouts(long seconds) {
        assertThatThrownBy(() -> request(Duration.ofSeconds(seconds)))
                .hasMessage("timeout of " + seconds + " s is out of range; use 1 s to 24 h");
    }

    @ParameterizedTest
    @CsvSource({
        "PYTHON,,base,base",
        "JAVASCRIPT,,base,base",
        "GO,,base,full",
        "RUST,,base,full",
        "PYTHON,,mine,mine",
        "GO,,mine,mine",
        "GO,full,base,full",
        "PYTHON,mine,base,mine"
    })
    void usesTheRequestedImageOrOneWithTheLanguage(Language language, String asked, String usual, String expected) {
        ExecutionRequest request = new ExecutionRequest(
                new TraceId(UUID.randomUUID()),
                new Program(language, "1"),
                Duration.ofSeconds(1),
                SandboxSize.MEDIUM,
                Optional.ofNullable(asked));

        assertThat(request.imageOr(usual)).isEqualTo(expected);
    }

    private static ExecutionRequest request(Duration timeout) {
        return new ExecutionRequest(
                new TraceId(UUID.randomUUID()), new Program(Language.PYTHON, "1"), timeout, SandboxSize.MEDIUM);
    }
}
