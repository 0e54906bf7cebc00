package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.guestlink.wire.FrameCount;
import io.neurovisor.host.guestlink.wire.PendingCalls;
import io.neurovisor.host.guestlink.wire.VsockHandshake;
import io.neurovisor.host.protocol.CellMessages;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.sandbox.CellEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Arbitrary bytes of a guest on its channel. */
@Tag("fuzz")
final class GuestLinkFuzzTest {
    private static final int MAX_HANDSHAKE_BYTES = 33;
    private static final int HEADER_BYTES = 9;

    /** A connection is accepted by a short line; the bytes after the line reach the next handler unchanged. */
    @FuzzTest
    void handshake(byte[] answer) {
        Received received = new Received();
        EmbeddedChannel channel = new EmbeddedChannel(new VsockHandshake(1, Duration.ofDays(1)), received);
        boolean[] opened = {false};
        received.active = () -> opened[0] = true;
        channel.pipeline().fireChannelActive();
        for (ByteBuf piece : Pieces.of(answer)) {
            if (channel.isOpen()) {
                channel.writeInbound(piece);
            }
        }
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        boolean good = text.startsWith("OK ") && end >= 0 && end < MAX_HANDSHAKE_BYTES;
        assertThat(opened[0]).isEqualTo(good);
        assertThat(received.text).hasToString(good ? text.substring(end + 1) : "");
        assertThat(channel.isOpen()).isEqualTo(good || (end < 0 && text.length() < MAX_HANDSHAKE_BYTES));
        channel.finishAndReleaseAll();
    }

    /** The count does not depend on how the bytes are split, and is not larger than their number allows. */
    @FuzzTest
    void frames(byte[] bytes) {
        for (boolean received : new boolean[] {true, false}) {
            ByteBuf whole = Unpooled.wrappedBuffer(bytes);
            long count = counting(received).countIn(whole);
            assertThat(whole.readerIndex()).isZero();
            assertThat(count).isBetween(0L, (long) bytes.length / HEADER_BYTES);
            FrameCount cut = counting(received);
            long sum = 0;
            for (ByteBuf piece : Pieces.of(bytes)) {
                sum += cut.countIn(piece);
            }
            assertThat(sum).isEqualTo(count);
        }
    }

    /** The counter of a guest with a pending call. */
    private static FrameCount counting(boolean received) {
        PendingCalls calls = new PendingCalls(100);
        calls.begun(1);
        return received ? FrameCount.received(calls) : FrameCount.sent(calls);
    }

    /**
     * Messages of an execution lead to output, files with safe names and an end with safe texts, or to a lost machine.
     */
    @FuzzTest
    void execution(byte[] messages) throws IOException {
        ExecutionCall call =
                new ExecutionCall(new CheckingSink(), ResponseDeadline.after(Duration.ofDays(1), Ticker.SYSTEM));
        ByteArrayInputStream stream = new ByteArrayInputStream(messages);
        try {
            for (ExecuteChunk chunk = ExecuteChunk.parseDelimitedFrom(stream);
                    chunk != null;
                    chunk = ExecuteChunk.parseDelimitedFrom(stream)) {
                Optional<ProgramExit> exit = call.finalExit(chunk);
                if (exit.isPresent()) {
                    check(exit.get());
                    return;
                }
            }
        } catch (InvalidProtocolBufferException noMessage) {
            // The call ends with this fault.
        } catch (NeuroVisorException refused) {
            assertThat(refused.fault()).isEqualTo(Fault.SANDBOX_LOST);
            assertThat(refused.getMessage()).isEqualTo(UntrustedText.line(String.valueOf(refused.getMessage())));
        }
    }

    /** Messages of a cell lead to events and displays of bounded size, or to a lost machine. */
    @FuzzTest
    void cells(byte[] messages) throws IOException {
        GrpcCellEvents.Rules rules = new GrpcCellEvents.Rules(Ticker.SYSTEM);
        CellDisplay.Collector displays = new CellDisplay.Collector();
        ByteArrayInputStream stream = new ByteArrayInputStream(messages);
        try {
            for (CellEvent message = CellEvent.parseDelimitedFrom(stream);
                    message != null;
                    message = CellEvent.parseDelimitedFrom(stream)) {
                assertThat(rules.check(message)).isBetween(0, 48 << 10);
                displays.add(CellMessages.event(message).content())
                        .ifPresent(display -> assertThat(display.parts().values().stream()
                                        .mapToInt(ByteBuffer::remaining)
                                        .sum())
                                .isLessThanOrEqualTo(messages.length));
            }
        } catch (InvalidProtocolBufferException noMessage) {
            // The call ends with this fault.
        } catch (NeuroVisorException refused) {
            assertThat(refused.fault()).isEqualTo(Fault.SANDBOX_LOST);
        }
    }

    private static void check(ProgramExit exit) {
        assertThat(exit.exitCode()).isBetween(0, 255);
        assertThat(exit.signal()).isBetween(0, 127);
        assertThat(exit.duration()).isBetween(Duration.ZERO, Duration.ofDays(12));
        assertThat(exit.details().backgroundProcesses()).isNotNegative();
        assertThat(exit.details().skippedFilesCount())
                .isGreaterThanOrEqualTo(exit.details().skippedFiles().size());
        assertSafe(exit.details().killedProcess());
        exit.details().skippedFiles().forEach(file -> {
            assertSafe(file.path());
            assertSafe(file.reason());
        });
    }

    private static void assertSafe(String text) {
        assertThat(text).isEqualTo(UntrustedText.line(text)).hasSizeLessThanOrEqualTo(501);
    }

    /** Collects the bytes that reach the handler after the handshake. */
    private static final class Received extends ChannelInboundHandlerAdapter {
        private final StringBuilder text = new StringBuilder();
        private Runnable active = () -> {};

        @Override
        public void channelActive(ChannelHandlerContext context) {
            active.run();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            text.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            assertThat(cause).isInstanceOf(IOException.class);
        }
    }

    private static final class CheckingSink implements OutputSink {
        @Override
        public void stdout(ByteBuffer bytes) {
            assertThat(bytes.isReadOnly()).isTrue();
        }

        @Override
        public void stderr(ByteBuffer bytes) {
            assertThat(bytes.isReadOnly()).isTrue();
        }

        @Override
        public void file(String path, ByteBuffer part, boolean last) {
            assertThat(FilePath.problem(path)).isEmpty();
            assertThat(Arrays.asList(path.split("/", -1))).doesNotContain("..", ".", "");
        }
    }

    /** Splits bytes into pieces whose length is given by the last byte. */
    private record Pieces() {
        static Iterable<ByteBuf> of(byte[] bytes) {
            int size = bytes.length == 0 ? 1 : 1 + (bytes[bytes.length - 1] & 0x1f);
            return () -> java.util.stream.IntStream.range(0, Math.ceilDiv(bytes.length, size))
                    .mapToObj(index ->
                            Unpooled.wrappedBuffer(bytes, index * size, Math.min(size, bytes.length - index * size)))
                    .iterator();
        }
    }
}
