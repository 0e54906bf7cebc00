package io.neurovisor.host.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class GuestTextTest {
    /** A terminal also takes U+009B as the beginning of a command, and U+202E as an instruction to write backwards. */
    @Test
    void removesControlCharacters() {
        assertThat(GuestText.line("a\u001b[31mb\u009b31mc\u202ed\ne")).isEqualTo("a[31mb31mcd | e");
        assertThat(ConsoleText.tail("a\u009b31mb\u202ec")).isEqualTo("a31mbc");
    }

    /** A pattern of blanks around line ends took hours of processor time. */
    @Test
    void handlesAMebibyteOfBlanksQuickly() {
        assertTimeoutPreemptively(
                Duration.ofMinutes(1),
                () -> assertThat(GuestText.line("a" + " ".repeat(1 << 20) + "b"))
                        .endsWith(" b"));
    }

    @Test
    void keepsTheEndOfALongText() {
        assertThat(GuestText.line("x".repeat(1000) + "end")).hasSize(501).endsWith("end");
    }
}
