package io.neurovisor.server.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HostCheckTest {
    private final HostCheck check = new HostCheck(Set.of("localhost", "build-7"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LocalHost:9090",
                "127.0.0.1",
                "127.0.0.1:9090",
                "192.168.1.20:80",
                "[::1]",
                "[::1]:9090",
                "[fe80::1:2]:1",
                "build-7:9090"
            })
    void acceptsAddressesAndTheServersNames(String host) {
        assertThat(check.refusal(List.of(host))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:9090",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "127.0.0.1.nip.io",
                "1.2.3.999",
                "localhost.",
                "build-8",
                "[::g]",
                "0x7f.1",
                "_"
            })
    void rejectsOtherNames(String host) {
        assertThat(check.refusal(List.of(host)).orElseThrow().status()).isIn(421, 400);
    }

    @Test
    void respondsToAForeignNameWithTheNextStep() {
        assertThat(check.refusal(List.of("evil.example")))
                .contains(new HostCheck.Refusal(
                        421, "this server does not have that name; use localhost or the address, such as 127.0.0.1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ":9090",
                "localhost:",
                "localhost:99999999",
                "localhost:9090:1",
                "user@localhost",
                "localhost/",
                "localhost, evil.example",
                "[::1",
                "::1",
                "<script>",
                "localhost\u0000",
                "локалхост"
            })
    void rejectsInvalidHosts(String host) {
        assertThat(check.refusal(List.of(host)).orElseThrow().status()).isEqualTo(400);
    }

    @Test
    void requiresOneHostHeader() {
        assertThat(check.refusal(List.of()).orElseThrow().status()).isEqualTo(400);
        assertThat(check.refusal(List.of("localhost", "localhost"))
                        .orElseThrow()
                        .status())
                .isEqualTo(400);
    }
}
