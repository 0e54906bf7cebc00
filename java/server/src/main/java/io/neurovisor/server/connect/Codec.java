package io.neurovisor.server.connect;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.protobuf.util.JsonFormat.TypeRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;

/** How messages are written. */
enum Codec {
    PROTO("proto") {
        @Override
        Message parse(Message prototype, TypeRegistry types, byte[] content) throws InvalidProtocolBufferException {
            return prototype.getParserForType().parseFrom(content);
        }

        @Override
        byte[] write(Message message, TypeRegistry types) {
            return message.toByteArray();
        }
    },
    JSON("json") {
        @Override
        Message parse(Message prototype, TypeRegistry types, byte[] content)
                throws InvalidProtocolBufferException, CharacterCodingException {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
            Message.Builder builder = prototype.newBuilderForType();
            JsonFormat.parser().usingTypeRegistry(types).ignoringUnknownFields().merge(text, builder);
            return builder.build();
        }

        @Override
        byte[] write(Message message, TypeRegistry types) throws InvalidProtocolBufferException {
            return JsonFormat.printer()
                    .usingTypeRegistry(types)
                    .omittingInsignificantWhitespace()
                    .print(message)
                    .getBytes(StandardCharsets.UTF_8);
        }
    };

    private final String label;

    Codec(String label) {
        this.label = label;
    }

    /** Returns the media type of a message, or of a stream of messages. */
    String mediaType(boolean isStream) {
        return "application/" + (isStream ? "connect+" : "") + label;
    }

    /** Returns the codec of a media type; parameters such as a charset are ignored. */
    static Optional<Codec> of(String mediaType, boolean isStream) {
        String type = mediaType.replaceFirst(";.*", "").strip();
        return Arrays.stream(values())
                .filter(codec -> codec.mediaType(isStream).equalsIgnoreCase(type))
                .findFirst();
    }

    abstract Message parse(Message prototype, TypeRegistry types, byte[] content)
            throws InvalidProtocolBufferException, CharacterCodingException;

    abstract byte[] write(Message message, TypeRegistry types) throws InvalidProtocolBufferException;

    private static Message prototype(MethodDescriptor.Marshaller<?> marshaller) {
        return (Message) requireNonNull(
                ((MethodDescriptor.PrototypeMarshaller<?>) marshaller).getMessagePrototype(),
                "a generated method has a prototype");
    }

    /** Returns the types that JSON names within a message that may contain any: those of the files of these methods. */
    static TypeRegistry types(Collection<ServerMethodDefinition<?, ?>> methods) {
        TypeRegistry.Builder types = TypeRegistry.newBuilder();
        for (ServerMethodDefinition<?, ?> method : methods) {
            MethodDescriptor<?, ?> descriptor = method.getMethodDescriptor();
            types.add(prototype(descriptor.getRequestMarshaller()).getDescriptorForType());
            types.add(prototype(descriptor.getResponseMarshaller()).getDescriptorForType());
        }
        return types.build();
    }

    /** Reads a request. */
    <Q> Q request(MethodDescriptor<Q, ?> method, TypeRegistry types, byte[] content) throws StatusException {
        Message prototype = prototype(method.getRequestMarshaller());
        try {
            @SuppressWarnings("unchecked") // Of the same type as the prototype.
            Q request = (Q) parse(prototype, types, content);
            return request;
        } catch (InvalidProtocolBufferException | CharacterCodingException malformed) {
            throw Status.INVALID_ARGUMENT
                    .withDescription("the message is not a %s as %s: %s"
                            .formatted(prototype.getDescriptorForType().getFullName(), label, reason(malformed)))
                    .withCause(malformed)
                    .asException();
        }
    }

    /** The parser of JSON puts the name of the class before what it has caught. */
    private static String reason(IOException malformed) {
        return String.valueOf(malformed.getMessage()).replaceFirst("^[a-z.]+\\.[A-Za-z]+Exception: ", "");
    }

    /** Writes a response. */
    byte[] response(Object message, TypeRegistry types) throws StatusException {
        try {
            return write((Message) message, types);
        } catch (InvalidProtocolBufferException malformed) {
            throw Status.INTERNAL
                    .withDescription("the response cannot be written as " + label)
                    .withCause(malformed)
                    .asException();
        }
    }
}
