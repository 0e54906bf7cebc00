package io.neurovisor.host.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;

/** Arbitrary text of a guest or a VMM that becomes part of a message. */
@Tag("fuzz")
final class GuestTextFuzzTest {
    private static final int LINE_CHARACTERS = 501;
    private static final int CONSOLE_CHARACTERS = 4 * 201 + 3 * 3;

    /** The result is one bounded line without control characters, in any reading direction. */
    @FuzzTest
    void text(byte[] bytes) {
        check(new String(bytes, StandardCharsets.UTF_8));
        // Includes unpaired surrogates, which decoders and protobuf texts do not contain.
        check(new String(bytes, StandardCharsets.UTF_16BE));
    }

    private static void check(String text) {
        assertThat(GuestText.line(text))
                .isEqualTo(harmless(GuestText.line(text)))
                .hasSizeLessThanOrEqualTo(LINE_CHARACTERS);
        assertThat(ConsoleText.tail(text))
                .isEqualTo(harmless(ConsoleText.tail(text)))
                .hasSizeLessThanOrEqualTo(CONSOLE_CHARACTERS);
    }

    private static String harmless(String text) {
        return UntrustedText.lines(text).replace("\n", "");
    }
}
