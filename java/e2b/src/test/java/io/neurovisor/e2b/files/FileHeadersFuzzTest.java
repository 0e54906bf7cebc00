package io.neurovisor.e2b.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Any headers that a client may send with a download: a line each for the range and the codings. */
@Tag("fuzz")
final class FileHeadersFuzzTest {
    private static final long SIZE = 10;

    /** A part lies within the file, and a coding is chosen or refused. */
    @FuzzTest
    void headers(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int cut = Math.max(0, text.indexOf('\n'));
        switch (ByteRange.of(Optional.of(text.substring(0, cut)), SIZE)) {
            case ByteRange.Asked.Part(ByteRange range) -> {
                assertThat(range.offset()).isBetween(0L, SIZE - 1);
                assertThat(range.end()).isBetween(range.offset() + 1, SIZE);
            }
            case ByteRange.Asked.Whole(), ByteRange.Asked.Beyond() -> {}
        }
        String accepted = text.substring(cut);
        Optional<Coding> coding = Coding.of(Optional.of(accepted));
        if (coding.isEmpty()) {
            assertThat(accepted).containsIgnoringCase("q=0");
        } else if (coding.get() == Coding.GZIP) {
            assertThat(accepted.toLowerCase(Locale.ROOT)).containsAnyOf("*", "gzip");
        }
    }
}
