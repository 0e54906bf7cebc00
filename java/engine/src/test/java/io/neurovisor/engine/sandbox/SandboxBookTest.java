package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tests which sandboxes a book forgets; {@link SandboxBookModelTest} tests random sequences. */
final class SandboxBookTest {
    private static final SandboxOwner OWNER = SandboxOwner.unlimited(Claimant.LOCAL);

    private final Random random = new Random(1);
    private final SandboxBook book = new SandboxBook(1, 1);

    /** Otherwise a client whose creations fail would make others forget how their sandboxes ended. */
    @Test
    void forgetsThoseThatNeverRanBeforeOlderOnesThatRan() {
        SandboxId used = create(0);
        assertThat(book.running(used, new VmId("vm-1"), 0)).isEmpty();
        assertThat(book.end(used, SandboxEnd.KILLED, "", 0)).isPresent();
        book.released(used);
        SandboxId firstFailed = failed(1);
        for (int i = 2; i <= SandboxBook.MOST_ENDED; i++) {
            SandboxId _ = failed(i);
        }

        assertThat(book.next(SandboxBook.MOST_ENDED)).isEqualTo(Optional.empty());

        assertThat(book.find(used)).isPresent();
        assertThat(book.find(firstFailed)).isEmpty();
        assertThat(book.of(OWNER.name())).hasSize(SandboxBook.MOST_ENDED);
    }

    private SandboxId failed(long nowNanos) {
        SandboxId id = create(nowNanos);
        book.failed(id, "no machine", nowNanos);
        return id;
    }

    private SandboxId create(long nowNanos) {
        SandboxId id = SandboxId.random(random);
        SandboxState _ = book.create(id, SandboxSpecs.spec(Duration.ofMinutes(5)), OWNER, Instant.EPOCH, nowNanos);
        return id;
    }
}
