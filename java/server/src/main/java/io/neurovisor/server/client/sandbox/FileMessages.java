package io.neurovisor.server.client.sandbox;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.proto.sandbox.WriteTarget;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Translates files between the engine's values and protobuf messages of a daemon. */
final class FileMessages {
    private FileMessages() {}

    static WriteTarget message(String sandbox, FileTarget target) {
        WriteTarget.Builder message = WriteTarget.newBuilder()
                .setSandboxId(sandbox)
                .setPath(target.path())
                .setWriteMode(message(target.mode()))
                .putAllXattrs(bytes(target.xattrs()));
        target.permissions().ifPresent(message::setPermissions);
        if (target.mode() instanceof WriteMode.Range(long offset)) {
            message.setOffset(offset);
        }
        return message.build();
    }

    private static io.neurovisor.proto.sandbox.WriteMode message(WriteMode mode) {
        return switch (mode) {
            case WriteMode.Replace() -> io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_REPLACE;
            case WriteMode.Append() -> io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_APPEND;
            case WriteMode.CreateNew() -> io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_CREATE_NEW;
            case WriteMode.Range _ -> io.neurovisor.proto.sandbox.WriteMode.WRITE_MODE_RANGE;
        };
    }

    static Map<String, ByteString> bytes(Map<String, ByteBuffer> xattrs) {
        return xattrs.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> ByteString.copyFrom(entry.getValue().duplicate())));
    }

    static FileEntry entry(io.neurovisor.proto.sandbox.FileEntry entry) {
        return new FileEntry(
                entry.getName(),
                entry.getPath(),
                type(entry.getType()),
                entry.getSize(),
                entry.getMode(),
                entry.getOwner(),
                entry.getGroup(),
                SandboxMessages.instant(entry.getModified()),
                Optional.of(entry.getSymlinkTarget()).filter(target -> !target.isEmpty()),
                entry.getXattrsMap().entrySet().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                Map.Entry::getKey, xattr -> xattr.getValue().asReadOnlyByteBuffer())));
    }

    private static FileType type(io.neurovisor.proto.sandbox.FileType type) {
        return switch (type) {
            case FILE_TYPE_FILE -> FileType.FILE;
            case FILE_TYPE_DIRECTORY -> FileType.DIRECTORY;
            case FILE_TYPE_SYMLINK -> FileType.SYMLINK;
            // Of a newer daemon.
            case FILE_TYPE_OTHER, FILE_TYPE_UNSPECIFIED, UNRECOGNIZED -> FileType.OTHER;
        };
    }

    static FileEvent event(io.neurovisor.proto.sandbox.FileEvent event) {
        return switch (event.getKind()) {
            case FILE_EVENT_KIND_CREATED -> new FileEvent.Created(event.getPath());
            case FILE_EVENT_KIND_WRITTEN -> new FileEvent.Written(event.getPath());
            case FILE_EVENT_KIND_REMOVED -> new FileEvent.Removed(event.getPath());
            case FILE_EVENT_KIND_RENAMED -> new FileEvent.Renamed(event.getPath(), event.getTo());
            case FILE_EVENT_KIND_ATTRIBUTES -> new FileEvent.AttributesChanged(event.getPath());
            case FILE_EVENT_KIND_OVERFLOW -> new FileEvent.Overflow();
            case FILE_EVENT_KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw new NeuroVisorException(
                        Fault.DAEMON_LOST,
                        "the daemon is of another version: it sent a change of the unknown kind "
                                + event.getKindValue());
        };
    }
}
