package io.neurovisor.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class OpenConnectionsTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress THERE = InetAddress.ofLiteral("192.0.2.2");
    private static final InetAddress ELSEWHERE = InetAddress.ofLiteral("192.0.2.3");

    private final Set<String> busy = new HashSet<>();
    private final OpenConnections<String> connections =
            new OpenConnections<>(4, 2, connection -> !busy.contains(connection));

    @Test
    void aNewConnectionReplacesTheOldestOfItsAddress() {
        add("stranger", THERE);
        add("first", HERE);
        add("second", HERE);
        assertThat(connections.add("third", HERE)).contains("first");
        assertThat(connections.add("fourth", HERE)).contains("second");
    }

    @Test
    void keepsAConnectionThatServesACall() {
        add("first", HERE);
        add("second", HERE);
        busy.add("first");
        assertThat(connections.add("third", HERE)).contains("second");
        busy.add("third");
        assertThat(connections.add("fourth", HERE)).as("no other is idle").contains("fourth");
        busy.clear();
        assertThat(connections.add("fifth", HERE)).contains("first");
    }

    @Test
    void aFullPortClosesTheOldestConnection() {
        add("first", HERE);
        add("second", THERE);
        add("third", THERE);
        add("fourth", HERE);
        assertThat(connections.add("fifth", ELSEWHERE)).contains("first");
        assertThat(connections.add("sixth", THERE))
                .as("its own address has too many")
                .contains("second");
    }

    @Test
    void anEndedConnectionIsNoLongerCounted() {
        add("first", HERE);
        add("second", HERE);
        connections.remove("second");
        connections.remove("second");
        add("third", HERE);
        assertThat(connections.add("fourth", HERE)).contains("first");
    }

    @Test
    void addressesOfOneClientAreOneNetwork() {
        assertThat(network("127.0.0.1")).isEqualTo(network("127.9.9.9")).isEqualTo(network("::1"));
        assertThat(network("2001:db8:0:1::1")).isEqualTo(network("2001:db8:0:1:ffff::2"));
        assertThat(network("2001:db8:0:1::1")).isNotEqualTo(network("2001:db8:0:2::1"));
        assertThat(network("192.0.2.1")).isEqualTo(network("::ffff:192.0.2.1")).isNotEqualTo(network("192.0.2.2"));
    }

    private static String network(String address) {
        return OpenConnections.network(InetAddress.ofLiteral(address));
    }

    private void add(String connection, InetAddress address) {
        assertThat(connections.add(connection, address)).isEmpty();
    }
}
