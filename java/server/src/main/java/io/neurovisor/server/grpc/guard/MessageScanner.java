package io.neurovisor.server.grpc.guard;

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
 * Checks the bytes of a message before it is parsed. A field of two bytes becomes an object of fifty, and a text is
 * decoded in three copies, so a message within the size limit could exhaust the heap.
 */
public final class MessageScanner {
    /** Enough for a thousand files and for more arguments and variables than a program accepts. */
    public static final int MOST_FIELDS = 100_000;

    /** Twice the longest allowed text; texts below this limit are rejected where their own limit is checked. */
    static final int MOST_TEXT_BYTES = 16 << 20;

    private static final int MOST_DEPTH = 32;

    private final CodedInputStream input;
    private int fields;

    private MessageScanner(InputStream bytes) {
        this.input = CodedInputStream.newInstance(bytes);
        input.setSizeLimit(Integer.MAX_VALUE);
    }

    /**
     * Returns the number of fields, including those of nested messages.
     *
     * @throws InvalidProtocolBufferException if the bytes are not a message
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} if there are too many fields, or if a text is too long, with
     *     the name of its field
     */
    public static int fields(Descriptor type, InputStream bytes) throws IOException {
        MessageScanner form = new MessageScanner(bytes);
        form.look(type, 0);
        return form.fields;
    }

    private void look(Descriptor type, int depth) throws IOException {
        if (depth > MOST_DEPTH) {
            throw new InvalidProtocolBufferException("nested messages, more than " + MOST_DEPTH + " deep");
        }
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            count(1);
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> content(field, depth);
                case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
                    throw new InvalidProtocolBufferException("a group, which the contract does not use");
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
                        field.getName() + " has " + length + " bytes, more than the limit of " + MOST_TEXT_BYTES
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
                    "", "the request has more than " + MOST_FIELDS + " fields; send the data as a file");
        }
    }
}
