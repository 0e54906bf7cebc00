package io.neurovisor.server.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Tag;

/** Any text that a client may send as the Host header. */
@Tag("fuzz")
final class HostCheckFuzzTest {
    /** Accepts only the server's name or an address. */
    @FuzzTest
    void host(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (new HostCheck(Set.of("localhost")).refusal(List.of(text)).isEmpty()) {
            String name = text.toLowerCase(Locale.ROOT).replaceFirst(":\\d{1,5}$", "");
            assertThat(name).matches("localhost|\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]");
        }
    }
}
