package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Limits of the host agree with those of the guest agent. */
@Tag("rule")
final class GuestLimitsTest {
    private static final Pattern START = Pattern.compile("start: Duration::from_secs\\((\\d+)\\)");

    @Test
    void theGuestReportsAnInterpreterThatDoesNotStart() throws IOException {
        Matcher limit =
                START.matcher(Files.readString(CommandLineRun.home().resolve("guest/agent/src/interpreter/limits.rs")));
        assertThat(limit.find()).isTrue();
        assertThat(Duration.ofSeconds(Long.parseLong(limit.group(1))))
                .isLessThanOrEqualTo(GuestInterpreter.START_LIMIT.minusSeconds(30));
    }
}
