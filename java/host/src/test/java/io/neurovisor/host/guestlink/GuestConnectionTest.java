package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the streams of a connection share. */
final class GuestConnectionTest {
    private final GuestConnection.Credits budget = new GuestConnection.Credits();

    @Test
    void theFirstStreamsGetAllThatTheyWant() {
        assertThat(budget.take(256 << 10, 8 << 10)).isEqualTo(256 << 10);
        assertThat(budget.take(64 << 10, 8 << 10)).isEqualTo(64 << 10);
    }

    @Test
    void manyStreamsGetTheLeast() {
        int sum = 0;
        for (int i = 0; i < 200; i++) {
            sum += budget.take(64 << 10, 8 << 10);
        }
        assertThat(sum).isLessThan(GuestConnection.Credits.BYTES + 200 * (8 << 10));
        assertThat(budget.take(64 << 10, 8 << 10)).isEqualTo(8 << 10);
        assertThat(budget.take(64 << 10, 0)).isZero();
        budget.giveBack(sum);
        assertThat(budget.take(64 << 10, 8 << 10)).isEqualTo(64 << 10);
    }
}
