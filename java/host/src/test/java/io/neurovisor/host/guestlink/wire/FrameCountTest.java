package io.neurovisor.host.guestlink.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FrameCountTest {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int UNKNOWN = 0xfa;
    private static final int ACK = 1;
    private static final int PADDED = 8;

    private static final int RST_STREAM = 3;
    private static final int END_STREAM = 1;
    private static final int STREAM = 5;

    private static final int WINDOW = 1000;

    private final PendingCalls calls = new PendingCalls(WINDOW);
    private final FrameCount count = FrameCount.received(calls);

    @BeforeEach
    void call() {
        assertThat(FrameCount.sent(calls)
                        .countIn(Unpooled.wrappedBuffer(Unpooled.buffer(24).writeZero(24), frame(HEADERS, 9))))
                .isEqualTo(1);
    }

    @Test
    void countsEveryFrameButDataOfPendingCalls() {
        ByteBuf bytes = frames();
        int readable = bytes.readableBytes();
        assertThat(count.countIn(bytes)).isEqualTo(4);
        assertThat(bytes.readableBytes()).isEqualTo(readable);
    }

    @Test
    void countDoesNotDependOnTheSplit() {
        ByteBuf bytes = frames();
        for (int size = 1; size < bytes.readableBytes(); size++) {
            FrameCount pieces = FrameCount.received(calls);
            long begun = 0;
            for (int start = 0; start < bytes.readableBytes(); start += size) {
                begun += pieces.countIn(bytes.slice(start, Math.min(size, bytes.readableBytes() - start)));
            }
            assertThat(begun).as("pieces of %d", size).isEqualTo(4);
        }
    }

    /** It may consist of padding only, which flow control does not bound. */
    @Test
    void countsDataWithPadding() {
        assertThat(count.countIn(frame(DATA, 256, PADDED))).isEqualTo(1);
        assertThat(count.countIn(frame(DATA, 1, PADDED))).isEqualTo(1);
    }

    /** It is not read, so flow control does not bound it. */
    @Test
    void countsDataOfAFinishedCall() {
        assertThat(count.countIn(frame(DATA, 10, 0, STREAM - 2))).isEqualTo(1);
        assertThat(count.countIn(frame(DATA, 10, END_STREAM))).isZero();
        assertThat(count.countIn(frame(DATA, 10))).isEqualTo(1);
    }

    @Test
    void trailersAndResetsFinishACall() {
        assertThat(count.countIn(Unpooled.wrappedBuffer(frame(HEADERS, 9), frame(DATA, 10))))
                .isEqualTo(1);
        assertThat(count.countIn(Unpooled.wrappedBuffer(frame(HEADERS, 9, END_STREAM), frame(DATA, 10))))
                .isEqualTo(2);
        calls.begun(STREAM);
        assertThat(count.countIn(Unpooled.wrappedBuffer(frame(RST_STREAM, 4), frame(DATA, 10))))
                .isEqualTo(2);
    }

    @Test
    void dataOfEachPendingCallIsFree() {
        calls.begun(STREAM + 2);
        assertThat(count.countIn(Unpooled.wrappedBuffer(frame(DATA, 10), frame(DATA, 10, 0, STREAM + 2))))
                .isZero();
        assertThat(count.countIn(Unpooled.wrappedBuffer(
                        frame(DATA, 10, END_STREAM), frame(DATA, 10, 0, STREAM + 2), frame(DATA, 10))))
                .isEqualTo(1);
    }

    /** A guest cannot make the host remember more streams than it has calls. */
    @Test
    void countsDataOfCallsBeyondTheLimit() {
        for (int i = 1; i < PendingCalls.MOST + 10; i++) {
            calls.begun(STREAM + 2 * i);
        }
        assertThat(count.countIn(frame(DATA, 10, 0, STREAM + 2 * (PendingCalls.MOST - 1))))
                .isZero();
        assertThat(count.countIn(frame(DATA, 10, 0, STREAM + 2 * PendingCalls.MOST)))
                .isEqualTo(1);
        calls.ended(STREAM);
        calls.begun(STREAM - 2);
        assertThat(count.countIn(frame(DATA, 10, 0, STREAM - 2))).isZero();
    }

    /** The guest may have sent a window of it before it learns that the call was cancelled, but not more. */
    @Test
    void countsDataOfACancelledCallBeyondAWindow() {
        FrameCount sent = FrameCount.sent(calls);
        assertThat(sent.countIn(Unpooled.wrappedBuffer(Unpooled.buffer(24).writeZero(24), frame(RST_STREAM, 4))))
                .isZero();
        assertThat(count.countIn(frame(DATA, WINDOW - 9))).isZero();
        assertThat(count.countIn(frame(DATA, 10))).isEqualTo(1);
        calls.begun(STREAM + 2);
        calls.cancelled(STREAM + 2);
        assertThat(count.countIn(Unpooled.wrappedBuffer(
                        frame(DATA, 10, END_STREAM, STREAM + 2), frame(DATA, 10, 0, STREAM + 2))))
                .isEqualTo(1);
    }

    /** Each takes a hundred times as much memory as it has bytes. */
    @Test
    void countsSmallFramesBeyondOneForEachLargerFrame() {
        assertThat(count.countIn(Unpooled.wrappedBuffer(frame(DATA, 5), frame(DATA, 4), frame(DATA, 1))))
                .isEqualTo(1);
    }

    /** A message of 64 KiB is sent in frames of 16 KiB, and what is left may be a single byte. */
    @Test
    void doesNotCountTheRestsOfLargeMessages() {
        for (int message = 0; message < 1000; message++) {
            assertThat(count.countIn(Unpooled.wrappedBuffer(frame(DATA, 16384), frame(DATA, 1))))
                    .isZero();
        }
    }

    @Test
    void countsOnlyOwnFramesThatNeedAResponse() {
        ByteBuf bytes = Unpooled.wrappedBuffer(
                Unpooled.copiedBuffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", StandardCharsets.US_ASCII),
                frame(SETTINGS, 6),
                frame(SETTINGS, 0, ACK),
                frame(HEADERS, 100),
                frame(DATA, 5),
                frame(DATA, 0),
                frame(PING, 8),
                frame(PING, 8, ACK),
                frame(UNKNOWN, 4));
        assertThat(FrameCount.sent(new PendingCalls(WINDOW)).countIn(bytes)).isEqualTo(4);
    }

    /** Bytes of another protocol must not cause an overflow. */
    @Test
    void countsArbitraryBytes() {
        assertThat(count.countIn(Unpooled.wrappedBuffer(new byte[9000]))).isEqualTo(1000);
        byte[] ones = new byte[1 << 20];
        Arrays.fill(ones, (byte) 0xff);
        assertThat(count.countIn(Unpooled.wrappedBuffer(ones))).isEqualTo(1);
        assertThat(count.countIn(Unpooled.EMPTY_BUFFER)).isZero();
    }

    private static ByteBuf frames() {
        return Unpooled.wrappedBuffer(
                frame(DATA, 0), frame(PING, 8), frame(DATA, 300), frame(UNKNOWN, 70_000), frame(PING, 8));
    }

    private static ByteBuf frame(int type, int length) {
        return frame(type, length, 0);
    }

    private static ByteBuf frame(int type, int length, int flags) {
        return frame(type, length, flags, STREAM);
    }

    private static ByteBuf frame(int type, int length, int flags, int stream) {
        return Unpooled.buffer()
                .writeMedium(length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream)
                .writeZero(length);
    }
}
