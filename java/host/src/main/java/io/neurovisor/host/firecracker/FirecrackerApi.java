package io.neurovisor.host.firecracker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.host.message.GuestText;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A session with the API of a Firecracker: HTTP/1.1 over its Unix socket, one request at a time, each with a deadline.
 * Errors are reported in Firecracker's own words. Responses are bounded, because a guest that took over its VMM could
 * send anything.
 */
final class FirecrackerApi implements AutoCloseable {
    static final int MAX_RESPONSE_BYTES = 64 << 10;
    private static final int OK = 200;
    private static final int NO_CONTENT = 204;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Channel channel;
    private final FirecrackerResponses responses;
    private volatile boolean closed;

    private FirecrackerApi(Channel channel, FirecrackerResponses responses) {
        this.channel = channel;
        this.responses = responses;
    }

    /** Opens a session; returns empty if no process listens on the socket. */
    static Optional<FirecrackerApi> connect(Bootstrap unixSockets, Path socket, Deadline deadline) {
        FirecrackerResponses responses = new FirecrackerResponses();
        ChannelFuture connection = unixSockets
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel created) {
                        handle(created, responses);
                    }
                })
                .connect(UnixDomainSocketAddress.of(socket));
        try {
            if (!connection.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                boolean _ = connection.cancel(false);
                return Optional.empty();
            }
        } catch (InterruptedException exception) {
            ChannelFuture _ = connection.channel().close();
            throw interrupted(exception);
        }
        return connection.isSuccess()
                ? Optional.of(new FirecrackerApi(connection.channel(), responses))
                : Optional.empty();
    }

    /** Adds the handlers that parse the responses of a channel. */
    static void handle(Channel channel, FirecrackerResponses responses) {
        channel.pipeline()
                .addLast(new HttpClientCodec())
                .addLast(new HttpObjectAggregator(MAX_RESPONSE_BYTES))
                .addLast(responses);
    }

    JsonNode get(String path, Deadline deadline) {
        return accepted(HttpMethod.GET, path, Unpooled.EMPTY_BUFFER, deadline);
    }

    void put(String path, Map<String, ?> body, Deadline deadline) {
        JsonNode _ = accepted(HttpMethod.PUT, path, json(body), deadline);
    }

    void patch(String path, Map<String, ?> body, Deadline deadline) {
        JsonNode _ = accepted(HttpMethod.PATCH, path, json(body), deadline);
    }

    /** Sends a request that Firecracker refuses when it has done the wanted part of it; throws on any other response. */
    void putRefusedWith(String start, String path, Map<String, ?> body, Deadline deadline) {
        FirecrackerResponses.Response response = request(HttpMethod.PUT, path, json(body), deadline);
        if (response.status() == OK || response.status() == NO_CONTENT) {
            throw new NeuroVisorException(
                    Fault.VMM_FAILED, "Firecracker accepted PUT %s, which it was to refuse".formatted(path));
        }
        if (!faultMessage(response.body()).startsWith(start)) {
            throw rejected("PUT " + path, response);
        }
    }

    /** Returns whether it can send requests: one without a response in time, or that was interrupted, closes it. */
    boolean isOpen() {
        return !closed && channel.isActive();
    }

    @Override
    public void close() {
        closed = true;
        ChannelFuture _ = channel.close();
    }

    private JsonNode accepted(HttpMethod method, String path, ByteBuf body, Deadline deadline) {
        String what = method + " " + path;
        try {
            return parsed(what, request(method, path, body, deadline));
        } catch (JsonProcessingException exception) {
            throw failed("Firecracker's API answered " + what + " with invalid JSON", exception);
        }
    }

    private synchronized FirecrackerResponses.Response request(
            HttpMethod method, String path, ByteBuf body, Deadline deadline) {
        String what = method + " " + path;
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, path, body);
        request.headers()
                .set(HttpHeaderNames.HOST, "localhost")
                .set(HttpHeaderNames.ACCEPT, HttpHeaderValues.APPLICATION_JSON)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        if (body.isReadable()) {
            request.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
        }
        try {
            return responses.send(channel, request).get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException exception) {
            close(); // A late response would be taken for that of another request.
            throw failed("Firecracker's API gave no answer to " + what + " in time", exception);
        } catch (ExecutionException exception) {
            throw failed("Firecracker's API hung up at " + what, exception);
        } catch (InterruptedException exception) {
            close();
            throw interrupted(exception);
        }
    }

    static JsonNode parsed(String what, FirecrackerResponses.Response response) throws JsonProcessingException {
        if (response.status() != OK && response.status() != NO_CONTENT) {
            throw rejected(what, response);
        }
        return JSON.readTree(response.body());
    }

    private static NeuroVisorException rejected(String what, FirecrackerResponses.Response response) {
        return new NeuroVisorException(
                Fault.VMM_FAILED,
                "Firecracker refused %s (HTTP %d): %s"
                        .formatted(what, response.status(), GuestText.line(faultMessage(response.body()))));
    }

    private static String faultMessage(String body) {
        try {
            JsonNode message = JSON.readTree(body).path("fault_message");
            return message.isTextual() ? message.asText() : body;
        } catch (JsonProcessingException exception) {
            return body;
        }
    }

    private static ByteBuf json(Map<String, ?> body) {
        try {
            return Unpooled.wrappedBuffer(JSON.writeValueAsBytes(body));
        } catch (JsonProcessingException exception) {
            throw new NeuroVisorException(Fault.INTERNAL, "a request to Firecracker is not valid JSON", exception);
        }
    }

    private static NeuroVisorException failed(String what, Exception cause) {
        return new NeuroVisorException(Fault.VMM_FAILED, what, cause);
    }

    private static NeuroVisorException interrupted(InterruptedException cause) {
        return NeuroVisorException.interrupted("waiting for Firecracker's API was interrupted", cause);
    }
}
