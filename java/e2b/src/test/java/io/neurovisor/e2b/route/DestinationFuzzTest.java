package io.neurovisor.e2b.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Any path and headers that a client may send: a line each for the path, the id, the port and the host. */
@Tag("fuzz")
final class DestinationFuzzTest {
    private static final String DOMAIN = "sandboxes.example";

    /** The path decides first, then the headers, and the host only if there is no id. */
    @FuzzTest
    void request(byte[] bytes) {
        String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", 4);
        Map<String, String> headers =
                Map.of("e2b-sandbox-id", line(lines, 1), "e2b-sandbox-port", line(lines, 2), "host", line(lines, 3));
        Destination found =
                Destination.of(lines[0], name -> Optional.ofNullable(headers.get(name)), Optional.of(DOMAIN));
        switch (found) {
            case Destination.Control() -> assertThat(lines[0]).matches("(?s)/(v2/)?(sandboxes|snapshots|templates).*");
            case Destination.Sandbox(String id, int port) -> {
                assertThat(port).isBetween(0, 65_535);
                if (line(lines, 1).isEmpty()) {
                    // The id of a client may follow that of the sandbox.
                    assertThat(line(lines, 3).split("[.-]", 3)[1]).isEqualToIgnoringCase(id);
                } else {
                    assertThat(id).isEqualTo(line(lines, 1));
                    assertThat(Integer.parseInt(line(lines, 2))).isEqualTo(port);
                }
            }
            case Destination.Nowhere() -> assertThat(lines[0]).isNotEqualTo("/sandboxes");
        }
    }

    private static String line(String[] lines, int number) {
        return number < lines.length ? lines[number] : "";
    }
}
