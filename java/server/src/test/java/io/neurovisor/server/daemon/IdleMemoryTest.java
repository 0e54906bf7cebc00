package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.testkit.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class IdleMemoryTest {
    private static final long USUAL = 300L << 20;

    private final ManualTicker ticker = new ManualTicker();
    private boolean idle = true;
    private long resident = USUAL;
    private long kept = USUAL;
    private int releases;
    private final IdleMemory memory = new IdleMemory(
            () -> idle,
            () -> resident,
            () -> {
                releases++;
                resident = kept;
            },
            ticker);

    @Test
    void returnsTheMemoryOfABurstOnceTheDaemonRests() {
        restsFor(IdleMemory.REST);
        assertThat(releases).isZero();
        idle = false;
        resident = 1227L << 20;
        restsFor(Duration.ofHours(1));
        assertThat(releases).isZero();
        idle = true;
        restsFor(IdleMemory.REST.minusSeconds(1));
        assertThat(releases).isZero();
        restsFor(Duration.ofSeconds(1));
        assertThat(releases).isEqualTo(1);
        assertThat(resident).isEqualTo(USUAL);
        restsFor(Duration.ofHours(1));
        assertThat(releases).isEqualTo(1);
    }

    @Test
    void returnsTheMemoryOfABurstRightAfterTheStart() {
        resident = 1227L << 20;
        restsFor(IdleMemory.REST);
        assertThat(resident).isEqualTo(USUAL);
    }

    @Test
    void doesNotCollectSmallGrowth() {
        restsFor(IdleMemory.REST);
        resident = USUAL + IdleMemory.GROWTH_BYTES - 1;
        restsFor(IdleMemory.REST);
        assertThat(releases).isZero();
    }

    @Test
    void doesNotCollectAgainWhatIsInUse() {
        restsFor(IdleMemory.REST);
        kept = 800L << 20;
        resident = kept;
        restsFor(IdleMemory.REST);
        restsFor(IdleMemory.REST);
        assertThat(releases).isEqualTo(1);
    }

    private void restsFor(Duration time) {
        ticker.advance(time);
        memory.look();
    }
}
