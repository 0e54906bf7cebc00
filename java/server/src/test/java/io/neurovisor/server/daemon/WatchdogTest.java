package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WatchdogTest {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Test
    void reportsAfterEachCheck() throws InterruptedException {
        try (Watchdog _ = Watchdog.start(Duration.ofMillis(3), () -> events.add("check"), () -> events.add("report"))) {
            for (int round = 0; round < 3; round++) {
                assertThat(next()).isEqualTo("check");
                assertThat(next()).isEqualTo("report");
            }
        }
    }

    @Test
    void pausesReportsWhileTheCheckFails() throws InterruptedException {
        int[] checks = {0};
        Runnable check = () -> {
            checks[0]++;
            events.add("check");
            if (checks[0] < 3) {
                throw new NeuroVisorException(Fault.SPAWNER_FAILED, "the spawner did not answer within 10 s");
            }
        };
        try (Watchdog _ = Watchdog.start(Duration.ofMillis(3), check, () -> events.add("report"))) {
            assertThat(next()).isEqualTo("check");
            assertThat(next()).isEqualTo("check");
            assertThat(next()).isEqualTo("check");
            assertThat(next()).isEqualTo("report");
        }
    }

    @Test
    void pausesReportsWhileACheckDoesNotReturn() throws InterruptedException {
        CountDownLatch hang = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        Runnable check = () -> {
            begun.countDown();
            try {
                hang.await();
            } catch (InterruptedException closed) {
                throw new NeuroVisorException(Fault.INTERRUPTED, "the check was interrupted", closed);
            }
        };
        try (Watchdog _ = Watchdog.start(Duration.ofMillis(3), check, () -> events.add("report"))) {
            begun.await();
            assertThat(events).isEmpty();
            hang.countDown();
            assertThat(next()).isEqualTo("report");
        }
    }

    private String next() throws InterruptedException {
        return String.valueOf(events.poll(50, TimeUnit.SECONDS));
    }
}
