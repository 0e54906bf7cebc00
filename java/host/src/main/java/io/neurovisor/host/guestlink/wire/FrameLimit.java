package io.neurovisor.host.guestlink.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Charges the bytes of a guest before they are parsed. While the guest's token bucket is empty, nothing is read, and
 * its own buffers fill; a guest that keeps it empty is disconnected, which ends its machine.
 */
public final class FrameLimit extends ChannelDuplexHandler {
    private final GuestRateLimit rateLimit;
    private final Consumer<String> onViolation;
    private final FrameCount received;
    private final FrameCount sent;

    /**
     * @param windowBytes the data that the guest may send ahead of what is read
     * @param onViolation receives what a guest has done that keeps its bucket empty; it must not connect to it again
     */
    public FrameLimit(GuestRateLimit rateLimit, int windowBytes, Consumer<String> onViolation) {
        PendingCalls calls = new PendingCalls(windowBytes);
        this.rateLimit = rateLimit;
        this.onViolation = onViolation;
        this.received = FrameCount.received(calls);
        this.sent = FrameCount.sent(calls);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        rateLimit.sent(sent.countIn((ByteBuf) message));
        ChannelFuture _ = context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Duration pause = rateLimit.take(received.countIn((ByteBuf) message));
        if (pause.isNegative()) {
            ((ByteBuf) message).release();
            onViolation.accept("began more than %d requests and %d a second for %d s"
                    .formatted(
                            GuestRateLimit.CAPACITY,
                            GuestRateLimit.TOKENS_A_SECOND,
                            GuestRateLimit.LONGEST_EMPTY.toSeconds()));
            ChannelFuture _ = context.close();
            return;
        }
        context.fireChannelRead(message);
        if (!pause.isZero()) {
            context.channel().config().setAutoRead(false);
            Future<?> _ = context.executor()
                    .schedule(
                            () -> context.channel().config().setAutoRead(true), pause.toNanos(), TimeUnit.NANOSECONDS);
        }
    }
}
