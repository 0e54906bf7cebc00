package io.neurovisor.server.grpc.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import org.junit.jupiter.api.Test;

final class InboundMemoryTest {
    private static final long MESSAGE_BYTES = 200 << 10;

    private final InboundMemory memory = new InboundMemory(1 << 20);

    /** Otherwise the memory of other calls would count as free. */
    @Test
    void aMessageThatArrivesAfterTheEndReleasesNothingTwice() {
        InboundMemory.Share share = (InboundMemory.Share) memory.newServerStreamTracer("a/b", new Metadata());
        share.asStream();
        share.inboundWireSize(MESSAGE_BYTES);
        assertThat(memory.bytes()).isEqualTo(MESSAGE_BYTES - InboundMemory.FREE_BYTES);
        share.streamClosed(Status.CANCELLED);
        assertThat(memory.bytes()).isZero();

        assertThat(share.takesNext()).isTrue();
        assertThat(share.takesNext()).isTrue();

        assertThat(memory.bytes()).isZero();
    }
}
