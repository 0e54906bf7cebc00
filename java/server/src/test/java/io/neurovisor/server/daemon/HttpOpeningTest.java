package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.http.api.RequestObserver;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class HttpOpeningTest {
    private static Optional<HttpOpening> begin(Map<String, String> options) {
        Config config = LoadedConfig.load(
                        options, Optional.empty(), new ProcessEnvironment(Map.of(), Path.of("/home/x")))
                .config();
        return HttpOpening.begin(config, Optional.empty(), RequestObserver.NONE);
    }

    @Test
    void thereIsNoPortIfItIsOff() {
        assertThat(begin(Map.of("http-port", "off"))).isEmpty();
    }

    @Test
    void aPortThatIsUsedIsNamedWithTheOption() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                HttpOpening opening = begin(Map.of("http-port", Integer.toString(other.getLocalPort())))
                        .orElseThrow()) {
            assertThatThrownBy(opening::await)
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            failure -> assertThat(failure.fault()).isEqualTo(Fault.PORT_UNUSABLE))
                    .hasMessageContaining(Integer.toString(other.getLocalPort()))
                    .hasMessageContaining("--http-port");
        }
    }

    @Test
    void closingItClosesThePort() {
        HttpOpening opening = begin(Map.of("http-port", "0")).orElseThrow();
        InetSocketAddress address = opening.await().address();
        opening.close();
        assertThatThrownBy(() -> new Socket(address.getAddress(), address.getPort()).close())
                .isInstanceOf(IOException.class);
    }
}
