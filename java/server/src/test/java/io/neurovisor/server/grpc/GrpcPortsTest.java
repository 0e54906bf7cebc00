package io.neurovisor.server.grpc;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class GrpcPortsTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    @Test
    void findsAThreadThatHangs() {
        CountDownLatch hang = new CountDownLatch(1);
        try (GrpcPorts ports = new GrpcPorts(List.of(), List.of(), LONG)) {
            ports.checkAlive(LONG);
            Future<Boolean> _ = ports.workers().next().submit(() -> {
                hang.await();
                return true;
            });
            assertThatThrownBy(() -> ports.checkAlive(Duration.ofMillis(50)))
                    .isInstanceOf(NeuroVisorException.class)
                    .hasMessage("a thread that serves gRPC has not run a task within 50 ms");
            hang.countDown();
            ports.checkAlive(LONG);
        }
    }
}
