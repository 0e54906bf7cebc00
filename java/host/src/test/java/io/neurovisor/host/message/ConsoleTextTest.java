package io.neurovisor.host.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ConsoleTextTest {
    @Test
    void keepsTheLastLines() {
        assertThat(tail("1\n2\n3\n\n4\r\n5\n")).isEqualTo("2 | 3 | 4 | 5");
    }

    @Test
    void removesControlCharactersOfTheConsole() {
        assertThat(tail("\u001b[31mred\u001b[0m\u0007 \u001b]0;title\u0007end")).isEqualTo("red ]0;titleend");
    }

    @Test
    void shortensLongLines() {
        assertThat(tail("x".repeat(1000))).hasSize(201).endsWith("…");
    }

    @Test
    void acceptsInvalidBytes() {
        assertThat(tail("\ufffd\0a")).endsWith("a");
        assertThat(tail("")).isEmpty();
    }

    private static String tail(String text) {
        return ConsoleText.tail(text);
    }
}
