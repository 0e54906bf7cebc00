package io.neurovisor.tests.conformance;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Any;
import com.google.protobuf.AnyProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The messages of the suite, by descriptors that were built from its files, so that no code is generated from them. */
final class SuiteMessages {
    private static final String PACKAGE = "connectrpc.conformance.v1.";

    private final Map<String, FileDescriptor> files = new LinkedHashMap<>();

    private SuiteMessages() {}

    /**
     * Reads a set of descriptors.
     *
     * @param file in which each file of the set follows those that it imports
     */
    static SuiteMessages read(Path file) throws IOException, DescriptorValidationException {
        SuiteMessages messages = new SuiteMessages();
        messages.files.put(AnyProto.getDescriptor().getFullName(), AnyProto.getDescriptor());
        for (FileDescriptorProto proto :
                FileDescriptorSet.parseFrom(Files.readAllBytes(file)).getFileList()) {
            if (!messages.files.containsKey(proto.getName())) {
                FileDescriptor[] imports = proto.getDependencyList().stream()
                        .map(messages.files::get)
                        .toArray(FileDescriptor[]::new);
                messages.files.put(proto.getName(), FileDescriptor.buildFrom(proto, imports));
            }
        }
        return messages;
    }

    ServiceDescriptor service(String name) {
        return files.values().stream()
                .map(file -> file.findServiceByName(name))
                .filter(service -> service != null)
                .findFirst()
                .orElseThrow();
    }

    Descriptor type(String name) {
        return files.values().stream()
                .flatMap(file -> file.getMessageTypes().stream())
                .flatMap(type -> Stream.concat(Stream.of(type), type.getNestedTypes().stream()))
                .filter(type -> type.getFullName().equals(PACKAGE + name))
                .findFirst()
                .orElseThrow();
    }

    static FieldDescriptor field(Descriptor type, String name) {
        return requireNonNull(type.findFieldByName(name), type.getFullName() + "." + name);
    }

    /** Returns the value of a field; that of a message is empty if it is missing. */
    static Object value(Message message, String field) {
        return message.getField(field(message.getDescriptorForType(), field));
    }

    static Message message(Message message, String field) {
        return (Message) value(message, field);
    }

    static boolean has(Message message, String field) {
        return message.hasField(field(message.getDescriptorForType(), field));
    }

    @SuppressWarnings("unchecked") // The field is a list of messages.
    static List<Message> messages(Message message, String field) {
        return (List<Message>) value(message, field);
    }

    static Any any(Message any) throws InvalidProtocolBufferException {
        return Any.parseFrom(any.toByteString());
    }

    /** Returns the headers of a field as metadata. */
    static Metadata metadata(Message message, String field) {
        Metadata metadata = new Metadata();
        for (Message header : messages(message, field)) {
            for (Object value : (List<?>) value(header, "value")) {
                metadata.put(key((String) value(header, "name")), (String) value);
            }
        }
        return metadata;
    }

    /** Returns metadata as messages. */
    List<DynamicMessage> headers(Metadata metadata) {
        Descriptor header = type("Header");
        return metadata.keys().stream()
                .filter(name -> !name.endsWith(Metadata.BINARY_HEADER_SUFFIX))
                .map(name -> {
                    DynamicMessage.Builder built =
                            DynamicMessage.newBuilder(header).setField(field(header, "name"), name);
                    requireNonNull(metadata.getAll(key(name)), name)
                            .forEach(value -> built.addRepeatedField(field(header, "value"), value));
                    return built.build();
                })
                .toList();
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
