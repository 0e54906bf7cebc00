package io.neurovisor.server.http;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.Future;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection with one request. It is closed when the head is late, when the response has been written or takes too
 * long, and when more of a body arrives than any request needs.
 */
final class HttpConnection extends SimpleChannelInboundHandler<HttpObject> {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    /** No request needs a body. A small one is read anyway, so that its client gets a response. */
    private static final int MAX_BODY_BYTES = 64 << 10;

    /** A response that takes longer is probably blocked by its client. */
    private static final Duration USUAL_ANSWER = Duration.ofSeconds(1);

    private final HttpPages pages;
    private final HttpLimits limits;
    private final Executor executor;
    private @Nullable Future<?> timeLimit;
    private int bodyBytes;

    /** Written by the connection's own thread, read by others. */
    private volatile State state = State.AWAITING_HEAD;

    private volatile @Nullable Deadline usualAnswer;
    private volatile @Nullable Thread server;

    private enum State {
        AWAITING_HEAD,
        ANSWERING,
        STREAMING
    }

    HttpConnection(HttpPages pages, HttpLimits limits, Executor executor) {
        this.pages = pages;
        this.limits = limits;
        this.executor = executor;
    }

    /**
     * Returns whether the connection may be closed in favor of another, because no request of a well-behaved client is
     * running.
     */
    boolean isIdle() {
        Deadline usual = usualAnswer;
        return switch (state) {
            case AWAITING_HEAD -> true;
            case ANSWERING -> usual != null && usual.hasPassed();
            case STREAMING -> false;
        };
    }

    /** The limit includes the TLS handshake. */
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        closeAfter(limits.head(), context);
    }

    private void closeAfter(Duration time, ChannelHandlerContext context) {
        endTimeLimit();
        timeLimit = context.executor().schedule(() -> close(context), time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void endTimeLimit() {
        if (timeLimit != null) {
            boolean _ = timeLimit.cancel(false);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        if (message instanceof HttpRequest request && state == State.AWAITING_HEAD) {
            usualAnswer = Deadline.after(USUAL_ANSWER, Ticker.SYSTEM);
            state = State.ANSWERING;
            closeAfter(limits.answer(), context);
            HttpCall call = new HttpCall(
                    context.channel(), request, () -> context.executor().execute(this::stream));
            executor.execute(() -> serve(context, call, request.decoderResult().isFailure()));
        } else if (message instanceof HttpContent content) {
            bodyBytes += content.content().readableBytes();
            if (bodyBytes > MAX_BODY_BYTES) {
                close(context);
            }
        }
    }

    private void stream() {
        state = State.STREAMING;
        endTimeLimit();
    }

    private void serve(ChannelHandlerContext context, HttpCall call, boolean malformed) {
        server = Thread.currentThread();
        try {
            if (malformed) {
                call.answer(400, Map.of(), "this is not an HTTP request, or its head is too long");
            } else {
                pages.handle(call);
            }
        } catch (IOException gone) {
            LOG.debug("a client disconnected before its response: {}", gone.getMessage());
        } catch (RuntimeException | Error defect) {
            LOG.error("an HTTP request failed", defect);
        } finally {
            close(context);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        endTimeLimit();
        Thread thread = server;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** The client has closed its side, but may still read the response. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent && state != State.ANSWERING) {
            close(context);
        }
    }

    /** Such as a connection reset, or invalid data in place of TLS. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.debug("a connection failed: {}", cause.getMessage());
        close(context);
    }

    private static void close(ChannelHandlerContext context) {
        ChannelFuture _ = context.close();
    }
}
