package io.neurovisor.server.grpc.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class OutboundMemoryTest {
    private final OutboundMemory memory = new OutboundMemory(100);

    @Test
    void aTenantGetsAtMostHalf() {
        assertThat(memory.take("a", 50)).isTrue();
        assertThat(memory.take("a", 1)).isFalse();
        assertThat(memory.take("b", 50)).isTrue();
        assertThat(memory.bytes()).isEqualTo(100);
    }

    @Test
    void allTenantsTogetherGetAtMostTheTotal() {
        assertThat(memory.take("a", 40)).isTrue();
        assertThat(memory.take("b", 40)).isTrue();
        assertThat(memory.take("c", 21)).isFalse();
        assertThat(memory.take("c", 20)).isTrue();
    }

    @Test
    void releasedMemoryCanBeTakenAgain() {
        assertThat(memory.take("a", 50)).isTrue();
        memory.giveBack("a", 20);
        assertThat(memory.take("a", 21)).isFalse();
        assertThat(memory.take("a", 20)).isTrue();
        memory.giveBack("a", 50);
        assertThat(memory.bytes()).isZero();
    }
}
