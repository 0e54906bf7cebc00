package io.neurovisor.e2b.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DestinationTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "/sandboxes, -, -, -, control",
                "/v2/sandboxes/abc/connect, abc, 49983, -, control",
                "/templates/abc, abc, 49983, -, control",
                "/files, abc, 49983, -, abc:49983",
                "/files, abc, 49983, 49999-other.sandboxes.example, abc:49983",
                "/files, -, -, 49999-abc.sandboxes.example:50080, abc:49999",
                "/files, -, -, 49999-ABC.Sandboxes.Example, abc:49999",
                "/files, -, -, 49983-abc-00000000.sandboxes.example, abc:49983",
                "/files, -, -, 49999-abc.elsewhere.example, nowhere",
                "/files, abc, -, -, nowhere",
                "/files, abc, 999999, -, nowhere",
                "/files, -, 49983, -, nowhere",
                "/sandboxesX, -, -, -, nowhere",
                "/, -, -, 127.0.0.1:50080, nowhere",
            })
    void aPathComesBeforeHeadersAndTheseBeforeTheHost(
            String path, String id, String port, String host, String expected) {
        Map<String, Optional<String>> headers = Map.of(
                "e2b-sandbox-id", Optional.ofNullable(id),
                "e2b-sandbox-port", Optional.ofNullable(port),
                "host", Optional.ofNullable(host));
        Destination found = Destination.of(
                path, name -> headers.getOrDefault(name, Optional.empty()), Optional.of("sandboxes.example"));
        assertThat(
                        switch (found) {
                            case Destination.Control() -> "control";
                            case Destination.Sandbox(String sandbox, int number) -> sandbox + ":" + number;
                            case Destination.Nowhere() -> "nowhere";
                        })
                .isEqualTo(expected);
    }
}
