package io.neurovisor.host.firecracker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The responses of one connection, each to the most recent request. */
final class FirecrackerResponses extends SimpleChannelInboundHandler<FullHttpResponse> {
    private final AtomicReference<@Nullable CompletableFuture<Response>> awaited = new AtomicReference<>();

    /** A response of Firecracker. */
    record Response(int status, String body) {}

    /** Sends a request; the result fails if the connection ends before the response. One request at a time. */
    CompletableFuture<Response> send(Channel channel, FullHttpRequest request) {
        CompletableFuture<Response> answer = new CompletableFuture<>();
        awaited.set(answer);
        ChannelFuture _ = channel.writeAndFlush(request).addListener(sent -> {
            if (!sent.isSuccess()) {
                answer.completeExceptionally(sent.cause());
            }
        });
        if (!channel.isActive()) {
            // The connection may have ended before this request was registered.
            fail(new IOException("the connection has ended"));
        }
        return answer;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
        CompletableFuture<Response> answer = awaited.getAndSet(null);
        if (answer == null) {
            // A response without a request: the peer cannot be trusted any further.
            ChannelFuture _ = context.close();
        } else if (response.decoderResult().isFailure()) {
            answer.completeExceptionally(response.decoderResult().cause());
            ChannelFuture _ = context.close();
        } else {
            answer.complete(
                    new Response(response.status().code(), response.content().toString(StandardCharsets.UTF_8)));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        fail(new IOException("the connection has ended"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(cause);
        ChannelFuture _ = context.close();
    }

    private void fail(Throwable cause) {
        CompletableFuture<Response> answer = awaited.getAndSet(null);
        if (answer != null) {
            answer.completeExceptionally(cause);
        }
    }
}
