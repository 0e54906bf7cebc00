package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Looks through the bytes of a message before objects are made of it. A field of two bytes becomes an object of fifty, and a
 * text is decoded in three copies: a message of allowed length could take all the memory.
 */
final class MessageForm {
    /** A thousand files, and more arguments and variables than a program can be given. */
    static final int MOST_FIELDS = 100_000;

    /** Twice what the longest allowed text has: that one is refused where its own limit is known. */
    static final int MOST_TEXT_BYTES = 16 << 20;

    private static final int MOST_DEPTH = 32;

    private final CodedInputStream input;
    private int fields;

    private MessageForm(InputStream bytes) {
        this.input = CodedInputStream.newInstance(bytes);
        input.setSizeLimit(Integer.MAX_VALUE);
    }

    /**
     * Returns how many fields it has, those of messages within it included.
     *
     * @throws InvalidProtocolBufferException for what is no such message
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} for one that is too large, with the field's name if it is one
     */
    static int fields(Descriptor type, InputStream bytes) throws IOException {
        MessageForm form = new MessageForm(bytes);
        form.look(requireNonNull(type, "type is null"), 0);
        return form.fields;
    }

    private void look(Descriptor type, int depth) throws IOException {
        if (depth > MOST_DEPTH) {
            throw new InvalidProtocolBufferException("messages within messages, more than " + MOST_DEPTH + " deep");
        }
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            count(1);
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> content(field, depth);
                case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
                    throw new InvalidProtocolBufferException("a group, of which the contract has none");
                default -> {
                    boolean _ = input.skipField(tag);
                }
            }
        }
    }

    private void content(@Nullable FieldDescriptor field, int depth) throws IOException {
        int length = input.readRawVarint32();
        if (field == null) {
            input.skipRawBytes(length);
        } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            int outer = input.pushLimit(length);
            look(field.getMessageType(), depth + 1);
            input.popLimit(outer);
        } else {
            if (field.getJavaType() == FieldDescriptor.JavaType.STRING && length > MOST_TEXT_BYTES) {
                throw NeuroVisorException.invalid(
                        field.getName(),
                        field.getName() + " has " + length + " bytes, and no text may have more than " + MOST_TEXT_BYTES
                                + " (16 MiB); pass data as a file instead");
            }
            if (field.isPackable()) {
                count(Math.max(0, length));
            }
            input.skipRawBytes(length);
        }
    }

    private void count(int more) {
        fields += more;
        if (fields > MOST_FIELDS || fields < 0) {
            throw NeuroVisorException.invalid(
                    "", "the request has more than " + MOST_FIELDS + " fields; pack what it carries into a file");
        }
    }
}
