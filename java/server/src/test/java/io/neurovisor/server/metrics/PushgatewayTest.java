package io.neurovisor.server.metrics;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PushgatewayTest {
    @Test
    void givesUpOnAPushgatewayThatNeverResponds() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Pushgateway gateway =
                    new Pushgateway(URI.create("http://127.0.0.1:" + silent.getLocalPort()), Duration.ofMillis(200));
            assertThatThrownBy(() -> gateway.push("neurovisor_run", new Metrics().registry()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("timed out");
        }
    }
}
