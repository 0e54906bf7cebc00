package io.neurovisor.agent.provider;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OllamaHostTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '#',
            value = {
                "##, http://127.0.0.1:11434",
                "localhost, http://localhost:11434",
                "1.2.3.4, http://1.2.3.4:11434",
                "1.2.3.4:80, http://1.2.3.4:80",
                ":1234, http://127.0.0.1:1234",
                ":0, http://127.0.0.1:0",
                "0.0.0.0, http://127.0.0.1:11434",
                "0.0.0.0:9000, http://127.0.0.1:9000",
                "::1, http://[::1]:11434",
                "[::1], http://[::1]:11434",
                "[::1]:5000, http://[::1]:5000",
                "[::]:5000, http://[::1]:5000",
                "http://host, http://host:80",
                "https://host, https://host:443",
                "https://host:8443, https://host:8443",
                "https://host/ollama, https://host:443/ollama",
                "http://host:99/, http://host:99",
                "host/path/more, http://host:11434/path/more",
                "host/a%20path, http://host:11434/a%20path",
                "host:66000, http://host:11434",
                "host:port, http://host:11434",
                "\"host:77\", http://host:77",
                "'host:78', http://host:78",
                "#  host:79 #, http://host:79",
            })
    void everyFormOfOllamasOwnToolsIsRead(String written, String expected) {
        assertThat(OllamaHost.parse(written))
                .hasValueSatisfying(uri -> assertThat(uri.toString()).isEqualTo(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://host",
                "ho st",
                "http://[::1",
                "://",
                "unix:///run/ollama.sock",
                "host/a path",
                "host/?query",
                "host/#part"
            })
    void rejectsInvalidAddresses(String written) {
        assertThat(OllamaHost.parse(written)).isEmpty();
    }
}
