package io.neurovisor.server.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Metadata;
import io.grpc.Status;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Writes the response of a call. The caller makes sure that one thread does so at a time, and in order. */
sealed interface ConnectResponse {
    /** Takes the headers that a service sends before its first message. */
    void headers(Metadata headers) throws IOException;

    void message(byte[] content) throws IOException;

    /** Writes the end, after which nothing is written. */
    void end(Status status, Metadata trailers) throws IOException;

    static ConnectResponse of(HttpExchange exchange, Codec codec, boolean isStream) {
        return isStream ? new Stream(exchange, codec) : new Unary(exchange, codec);
    }

    private static void add(HttpExchange exchange, String prefix, Metadata metadata) {
        ConnectMetadata.values(metadata)
                .forEach((name, values) -> values.forEach(value -> exchange.addHeader(prefix + name, value)));
    }

    /** One message, or an error with a status of HTTP. */
    final class Unary implements ConnectResponse {
        private final HttpExchange exchange;
        private final Codec codec;
        private byte @Nullable [] message;

        Unary(HttpExchange exchange, Codec codec) {
            this.exchange = exchange;
            this.codec = codec;
        }

        @Override
        public void headers(Metadata headers) {
            add(exchange, "", headers);
        }

        @Override
        public void message(byte[] content) {
            message = content;
        }

        @Override
        public void end(Status status, Metadata trailers) throws IOException {
            add(exchange, "trailer-", trailers);
            byte[] body = message;
            if (status.isOk() && body == null) {
                end(Status.UNIMPLEMENTED.withDescription("the service has sent no response"), new Metadata());
            } else if (status.isOk() && body != null) {
                write(200, codec.mediaType(false), body);
            } else {
                byte[] error = ConnectErrors.error(status, trailers).toString().getBytes(UTF_8);
                write(ConnectErrors.httpStatus(status.getCode()), "application/json", error);
            }
        }

        private void write(int status, String type, byte[] body) throws IOException {
            exchange.setStatus(status);
            exchange.addHeader("content-type", type);
            exchange.addHeader("content-length", Integer.toString(body.length));
            exchange.output().write(body);
            exchange.output().close();
        }
    }

    /** Messages, each sent immediately, then an end with the status. */
    final class Stream implements ConnectResponse {
        private final HttpExchange exchange;
        private final Codec codec;
        private boolean hasHeaders;

        Stream(HttpExchange exchange, Codec codec) {
            this.exchange = exchange;
            this.codec = codec;
        }

        @Override
        public void headers(Metadata headers) throws IOException {
            if (!hasHeaders) {
                hasHeaders = true;
                exchange.setStatus(200);
                exchange.addHeader("content-type", codec.mediaType(true));
                add(exchange, "", headers);
                exchange.output().flush();
            }
        }

        @Override
        public void message(byte[] content) throws IOException {
            headers(new Metadata());
            write(Envelopes.MESSAGE, content);
        }

        @Override
        public void end(Status status, Metadata trailers) throws IOException {
            headers(new Metadata());
            ObjectNode end = ConnectErrors.JSON.createObjectNode();
            if (!status.isOk()) {
                end.set("error", ConnectErrors.error(status, trailers));
            }
            ConnectMetadata.values(trailers)
                    .forEach((name, values) ->
                            end.withObject("/metadata").set(name, ConnectErrors.JSON.valueToTree(values)));
            write(Envelopes.END, end.toString().getBytes(UTF_8));
            exchange.output().close(); // A client that is sending learns from it that no one reads it.
        }

        private void write(byte flags, byte[] content) throws IOException {
            exchange.output().write(Envelopes.encode(flags, content));
            exchange.output().flush();
        }
    }
}
