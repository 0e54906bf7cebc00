package io.neurovisor.tests.e2b;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.grpc.MethodDescriptor;
import io.neurovisor.proto.e2b.filesystem.FilesystemGrpc;
import io.neurovisor.proto.e2b.process.ProcessGrpc;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.stream.Stream;

/** The messages of one method of envd's services, as JSON or binary. */
record OracleMessages(MethodDescriptor<?, ?> method, boolean isBinary) {
    private static final int HEAD_BYTES = 5;

    /** The flag of the last message of a stream. */
    private static final int END = 2;

    static Optional<OracleMessages> of(OracleRequest request) {
        return Stream.of(FilesystemGrpc.getServiceDescriptor(), ProcessGrpc.getServiceDescriptor())
                .flatMap(service -> service.getMethods().stream())
                .filter(method -> request.verb().equals(method.getBareMethodName()))
                .findFirst()
                .map(method -> new OracleMessages(method, request.has("proto")));
    }

    /** Returns those of an answer to a request that is not built of a message. */
    static OracleMessages ofAny() {
        return new OracleMessages(ProcessGrpc.getConnectMethod(), false);
    }

    boolean isStream() {
        return method.getType() != MethodDescriptor.MethodType.UNARY;
    }

    String path() {
        return "/" + method.getFullMethodName();
    }

    String contentType() {
        return "application/" + (isStream() ? "connect+" : "") + (isBinary ? "proto" : "json");
    }

    /** Returns the body of a request; one with several messages has each on a line. */
    byte[] body(String json) throws IOException {
        if (!isStream()) {
            return encoded(json);
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (String message : json.split("\\\\n", -1)) {
            byte[] content = encoded(message);
            body.write(0);
            body.writeBytes(
                    ByteBuffer.allocate(Integer.BYTES).putInt(content.length).array());
            body.writeBytes(content);
        }
        return body.toByteArray();
    }

    private byte[] encoded(String json) throws InvalidProtocolBufferException {
        if (!isBinary) {
            return json.getBytes(StandardCharsets.UTF_8);
        }
        Message.Builder message = prototype(method.getRequestMarshaller()).newBuilderForType();
        JsonFormat.parser().merge(json, message);
        return message.build().toByteArray();
    }

    /** Returns a response as JSON. */
    String decoded(byte[] content) throws InvalidProtocolBufferException {
        return isBinary
                ? JsonFormat.printer()
                        .print(prototype(method.getResponseMarshaller())
                                .getParserForType()
                                .parseFrom(content))
                : new String(content, StandardCharsets.UTF_8);
    }

    private static Message prototype(MethodDescriptor.Marshaller<?> marshaller) {
        return (Message) requireNonNull(((MethodDescriptor.PrototypeMarshaller<?>) marshaller).getMessagePrototype());
    }

    /** Reads the next message of a stream as JSON, and the last one as that of the field {@code end}. Empty after the last byte. */
    Optional<String> next(InputStream stream) throws IOException {
        byte[] head = stream.readNBytes(HEAD_BYTES);
        if (head.length == 0) {
            return Optional.empty();
        }
        int length = ByteBuffer.wrap(head).getInt(1);
        byte[] content = stream.readNBytes(length);
        if (content.length < length) {
            throw new EOFException("the stream ends within a message");
        }
        return Optional.of(
                head[0] == END ? "{\"end\":" + new String(content, StandardCharsets.UTF_8) + "}" : decoded(content));
    }
}
