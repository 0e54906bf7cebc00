package io.neurovisor.host.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class GuestTextTest {
    /** A terminal takes U+009B for the beginning of a command, too, and U+202E for an order to write backwards. */
    @Test
    void nothingSteersATerminal() {
        assertThat(GuestText.line("a\u001b[31mb\u009b31mc\u202ed\ne")).isEqualTo("a[31mb31mcd | e");
        assertThat(ConsoleText.tail("a\u009b31mb\u202ec")).isEqualTo("a31mbc");
    }

    @Test
    void ofALongTextTheEndIsKept() {
        assertThat(GuestText.line("x".repeat(1000) + "end")).hasSize(501).endsWith("end");
    }
}
