package io.neurovisor.server.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A request and its only response, which is written by the thread that serves it. */
public final class HttpCall {
    private final Channel channel;
    private final HttpRequest request;
    private final Runnable streaming;

    /** @param streaming is run when the response is a stream without an end */
    HttpCall(Channel channel, HttpRequest request, Runnable streaming) {
        this.channel = channel;
        this.request = request;
        this.streaming = streaming;
    }

    /** Returns the method, in the case in which it was sent. */
    public String method() {
        return request.method().name();
    }

    public boolean isHead() {
        return method().equals("HEAD");
    }

    /** Returns the path as it was sent; one without a leading slash is meant for a proxy. */
    public String path() {
        int query = request.uri().indexOf('?');
        return query < 0 ? request.uri() : request.uri().substring(0, query);
    }

    /** Returns the text after the path's question mark, as it was sent. */
    public String query() {
        int query = request.uri().indexOf('?');
        return query < 0 ? "" : request.uri().substring(query + 1);
    }

    /** Returns the values of a header in the order in which they were sent. */
    public List<String> headers(String name) {
        return request.headers().getAll(name);
    }

    public void answer(int status, Map<String, String> headers, String text) throws IOException {
        Map<String, String> all = new HashMap<>(headers);
        all.put("Content-Type", "text/plain; charset=utf-8");
        all.put("Cache-Control", "no-store");
        all.put("X-Content-Type-Options", "nosniff");
        answer(status, all, (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Responds with a complete body, which is omitted for HEAD. */
    public void answer(int status, Map<String, String> headers, byte[] body) throws IOException {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                isHead() ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
        prepare(response, headers);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        write(response);
    }

    /**
     * Responds with a body that ends when the connection is closed. Each write returns when the kernel has the bytes,
     * so a client that does not read blocks it, which the caller must limit.
     */
    public OutputStream stream(Map<String, String> headers) throws IOException {
        streaming.run();
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        prepare(response, headers);
        write(response);
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                HttpCall.this.write(Unpooled.wrappedBuffer(bytes, offset, length));
            }
        };
    }

    private static void prepare(HttpResponse response, Map<String, String> headers) {
        headers.forEach((name, value) -> response.headers().set(name, value));
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }

    private void write(Object message) throws IOException {
        ChannelFuture written = channel.writeAndFlush(message);
        try {
            written.await();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted while responding").initCause(interrupt);
        }
        if (!written.isSuccess()) {
            throw new IOException("the client has disconnected", written.cause());
        }
    }
}
