package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.proto.sandbox.SetAttributesRequest;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteTarget;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks requests about files. What is not allowed is {@code INVALID_ARGUMENT} with field, value and range. */
final class FileRequests {
    static final int MAX_PATH_BYTES = 4096;
    static final int MAX_DEPTH = 16;
    static final int MAX_PAGE_SIZE = 1000;
    static final int MAX_CONTENT_BYTES = 64 << 10;
    static final int MAX_XATTRS = 64;
    static final int MAX_XATTR_NAME_BYTES = 128;
    static final int MAX_XATTR_VALUE_BYTES = 1024;
    static final int MAX_PERMISSIONS = 07777;
    private static final int MAX_TOKEN_CHARACTERS = 16 << 10;

    private FileRequests() {}

    static String path(String field, String path) {
        int bytes = ByteString.copyFromUtf8(path).size();
        if (bytes == 0 || bytes > MAX_PATH_BYTES) {
            throw NeuroVisorException.invalid(
                    field, "%s has %d bytes; 1 to %d are allowed".formatted(field, bytes, MAX_PATH_BYTES));
        }
        if (path.indexOf(0) >= 0) {
            throw NeuroVisorException.invalid(field, field + " contains a NUL character");
        }
        return path;
    }

    /** Checks a number of bytes, which is unsigned. */
    static long position(String field, long value) {
        if (value < 0) {
            throw NeuroVisorException.invalid(
                    field,
                    "%s is %s; 0 to %d is allowed".formatted(field, Long.toUnsignedString(value), Long.MAX_VALUE));
        }
        return value;
    }

    static int depth(int depth) {
        return depth == 0 ? 1 : inRange("depth", depth, MAX_DEPTH);
    }

    static int pageSize(int pageSize) {
        return pageSize == 0 ? MAX_PAGE_SIZE : inRange("page_size", pageSize, MAX_PAGE_SIZE);
    }

    private static int inRange(String field, int value, int most) {
        if (Integer.compareUnsigned(value, most) > 0) {
            throw NeuroVisorException.invalid(
                    field, "%s is %s; 1 to %d is allowed".formatted(field, Integer.toUnsignedString(value), most));
        }
        return value;
    }

    static Optional<String> pageToken(String token) {
        if (token.length() > MAX_TOKEN_CHARACTERS || token.indexOf(0) >= 0) {
            throw NeuroVisorException.invalid("page_token", "page_token is not one that a page has returned");
        }
        return Optional.of(token).filter(value -> !value.isEmpty());
    }

    static OptionalInt permissionsOrUsual(int permissions) {
        return permissions == 0 ? OptionalInt.empty() : OptionalInt.of(permissions(permissions));
    }

    private static int permissions(int permissions) {
        if ((permissions & ~MAX_PERMISSIONS) != 0) {
            throw NeuroVisorException.invalid(
                    "permissions",
                    "permissions are %o (octal); 0 to %o is allowed".formatted(permissions, MAX_PERMISSIONS));
        }
        return permissions;
    }

    static ByteString content(WriteRequest message) {
        if (message.getData().size() > MAX_CONTENT_BYTES) {
            throw NeuroVisorException.invalid(
                    "data",
                    "data has %d bytes; a message may have at most %d"
                            .formatted(message.getData().size(), MAX_CONTENT_BYTES));
        }
        return message.getData();
    }

    static FileTarget target(WriteTarget target) {
        boolean isRange = target.getWriteMode() == io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_RANGE;
        if (target.getOffset() != 0 && !isRange) {
            throw NeuroVisorException.invalid(
                    "offset",
                    "offset is %s; only WRITE_MODE_RANGE has one".formatted(Long.toUnsignedString(target.getOffset())));
        }
        return new FileTarget(
                path("path", target.getPath()),
                mode(target),
                permissionsOrUsual(target.getPermissions()),
                xattrs(target.getXattrsMap()));
    }

    private static WriteMode mode(WriteTarget target) {
        return switch (target.getWriteMode()) {
            case WRITE_MODE_UNSPECIFIED, WRITE_MODE_REPLACE -> new WriteMode.Replace();
            case WRITE_MODE_APPEND -> new WriteMode.Append();
            case WRITE_MODE_CREATE_NEW -> new WriteMode.CreateNew();
            case WRITE_MODE_RANGE -> new WriteMode.Range(position("offset", target.getOffset()));
            case UNRECOGNIZED ->
                throw NeuroVisorException.invalid(
                        "write_mode", "write_mode is %d; 0 to 4 is allowed".formatted(target.getWriteModeValue()));
        };
    }

    static FileAttributes attributes(SetAttributesRequest request) {
        checkXattrNames("removed_xattrs", request.getRemovedXattrsList());
        return new FileAttributes(
                request.hasPermissions() ? OptionalInt.of(permissions(request.getPermissions())) : OptionalInt.empty(),
                xattrs(request.getXattrsMap()),
                Set.copyOf(request.getRemovedXattrsList()));
    }

    private static Map<String, ByteBuffer> xattrs(Map<String, ByteString> xattrs) {
        checkXattrNames("xattrs", xattrs.keySet());
        for (ByteString value : xattrs.values()) {
            if (value.size() > MAX_XATTR_VALUE_BYTES) {
                throw NeuroVisorException.invalid(
                        "xattrs",
                        "xattrs has a value of %d bytes; at most %d are allowed"
                                .formatted(value.size(), MAX_XATTR_VALUE_BYTES));
            }
        }
        return xattrs.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, xattr -> xattr.getValue().asReadOnlyByteBuffer()));
    }

    private static void checkXattrNames(String field, Collection<String> names) {
        if (names.size() > MAX_XATTRS) {
            throw NeuroVisorException.invalid(
                    field, "%s has %d names; at most %d are allowed".formatted(field, names.size(), MAX_XATTRS));
        }
        for (String name : names) {
            int bytes = ByteString.copyFromUtf8(name).size();
            if (bytes == 0 || bytes > MAX_XATTR_NAME_BYTES || name.indexOf(0) >= 0) {
                throw NeuroVisorException.invalid(
                        field,
                        "%s has a name of %d bytes; 1 to %d without NUL are allowed"
                                .formatted(field, bytes, MAX_XATTR_NAME_BYTES));
            }
        }
    }
}
