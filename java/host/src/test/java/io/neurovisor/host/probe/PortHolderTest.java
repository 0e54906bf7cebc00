package io.neurovisor.host.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

final class PortHolderTest {
    private final PortHolder holder = new PortHolder(HostFiles.SYSTEM);

    @Test
    void namesTheProcessThatListens() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(holder.find(socket.getLocalPort()).orElseThrow())
                    .startsWith("process " + ProcessHandle.current().pid() + " (");
        }
    }

    @Test
    void reportsTheFailureIfNoProcessListens() {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        assertThat(holder.find(1)).isEmpty();
        assertThat(holder.explain(address, new BindException("Permission denied")))
                .isEqualTo("port 1 on 127.0.0.1 cannot be had (Permission denied)");
    }
}
