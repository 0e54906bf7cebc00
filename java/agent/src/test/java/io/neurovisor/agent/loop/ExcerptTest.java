package io.neurovisor.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class ExcerptTest {
    @Property(tries = 500)
    void keepsBothEndsHoweverItComes(
            @ForAll @IntRange(max = 300) int length,
            @ForAll @IntRange(min = 1, max = 50) int piece,
            @ForAll @IntRange(min = 1, max = 40) int part) {
        String text = text(length);
        ExcerptBuffer buffer = new ExcerptBuffer(part);
        for (int from = 0; from < length; from += piece) {
            buffer.append(ByteBuffer.wrap(
                    text.substring(from, Math.min(length, from + piece)).getBytes(StandardCharsets.UTF_8)));
        }
        Excerpt excerpt = buffer.excerpt();
        assertThat(excerpt.totalBytes()).isEqualTo(length);
        String shown = excerpt.text(10_000);
        if (length <= 2 * part) {
            assertThat(shown).isEqualTo(text);
        } else {
            assertThat(shown)
                    .startsWith(text.substring(0, part))
                    .endsWith(text.substring(length - part))
                    .contains("[... " + (length - 2 * part) + " bytes cut ...]");
        }
    }

    @Test
    void cutsALongTextInTheMiddle() {
        assertThat(Excerpt.of(text(1000)).text(100))
                .startsWith(text(50))
                .endsWith(text(1000).substring(950))
                .contains("\n[... 900 bytes cut ...]\n");
    }

    @Test
    void describesBinaryOutput() {
        ExcerptBuffer buffer = new ExcerptBuffer(100);
        buffer.append(ByteBuffer.wrap(new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 1, 2, 3}));
        assertThat(buffer.excerpt().text(1000))
                .isEqualTo("(8 bytes that are no text, beginning with 89 50 4e 47 00 01 02 03)");
    }

    @Test
    void splitCharacterDoesNotMakeTextBinary() {
        ExcerptBuffer buffer = new ExcerptBuffer(5);
        buffer.append(ByteBuffer.wrap("éééééééééé".getBytes(StandardCharsets.UTF_8)));
        assertThat(buffer.excerpt().text(1000)).startsWith("éé").endsWith("éé").contains("bytes cut");
    }

    private static String text(int length) {
        StringBuilder text = new StringBuilder();
        for (int index = 0; index < length; index++) {
            text.append((char) ('a' + index % 26));
        }
        return text.toString();
    }
}
