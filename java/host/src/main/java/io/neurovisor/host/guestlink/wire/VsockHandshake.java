package io.neurovisor.host.guestlink.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Requests a guest's vsock port from Firecracker before the connection is used (docs/vsock.md of Firecracker): {@code
 * CONNECT port} is answered by {@code OK hostport}. Later handlers see the connection once the guest has accepted it. A
 * guest that does not listen, or does not answer in time, appears as the end of the connection: a request that was made
 * before the guest has a driver is never answered.
 */
public final class VsockHandshake extends ByteToMessageDecoder {
    private static final String ACCEPTED = "OK ";

    /** Room for the largest port. */
    private static final int MAX_ANSWER_BYTES = 32;

    private final int port;
    private final Duration limit;

    public VsockHandshake(int port, Duration limit) {
        this.port = port;
        this.limit = limit;
    }

    /** Stops this event: for later handlers the connection does not exist yet. */
    @Override
    public void channelActive(ChannelHandlerContext context) {
        byte[] request = ("CONNECT " + port + "\n").getBytes(StandardCharsets.US_ASCII);
        Future<?> _ = context.executor().schedule(() -> giveUp(context), limit.toNanos(), TimeUnit.NANOSECONDS);
        ChannelFuture _ = context.writeAndFlush(
                context.alloc().buffer(request.length).writeBytes(request), context.voidPromise());
    }

    private static void giveUp(ChannelHandlerContext context) {
        if (!context.isRemoved()) {
            ChannelFuture _ = context.close();
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf received, List<Object> out) {
        int end = received.bytesBefore((byte) '\n');
        if (end < 0 && received.readableBytes() <= MAX_ANSWER_BYTES) {
            return;
        }
        String answer = received.readString(
                Math.min(end < 0 ? MAX_ANSWER_BYTES : end, MAX_ANSWER_BYTES), StandardCharsets.US_ASCII);
        if (end < 0 || end > MAX_ANSWER_BYTES || !answer.startsWith(ACCEPTED)) {
            // Discarded, so that it is not parsed as another response.
            received.skipBytes(received.readableBytes());
            context.fireExceptionCaught(new IOException("a vsock was not opened by: " + answer));
            ChannelFuture _ = context.close();
            return;
        }
        received.skipBytes(1);
        context.fireChannelActive();
        // The remaining bytes go to the next handler.
        context.pipeline().remove(this);
    }
}
