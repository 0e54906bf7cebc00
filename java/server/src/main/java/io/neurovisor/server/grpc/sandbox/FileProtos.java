package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.proto.sandbox.FileEventKind;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.util.List;

/** Translates the engine's values of files into messages. */
final class FileProtos {
    private FileProtos() {}

    static io.neurovisor.proto.sandbox.FileEntry entry(FileEntry entry) {
        io.neurovisor.proto.sandbox.FileEntry.Builder message = io.neurovisor.proto.sandbox.FileEntry.newBuilder()
                .setName(entry.name())
                .setPath(entry.path())
                .setType(type(entry.type()))
                .setSize(entry.size())
                .setMode(entry.mode())
                .setOwner(entry.owner())
                .setGroup(entry.group())
                .setModified(SandboxProtos.timestamp(entry.modified()))
                .setSymlinkTarget(entry.symlinkTarget().orElse(""));
        entry.xattrs().forEach((name, value) -> message.putXattrs(name, ByteString.copyFrom(value.duplicate())));
        return message.build();
    }

    private static io.neurovisor.proto.sandbox.FileType type(FileType type) {
        return switch (type) {
            case FILE -> io.neurovisor.proto.sandbox.FileType.FILE_TYPE_FILE;
            case DIRECTORY -> io.neurovisor.proto.sandbox.FileType.FILE_TYPE_DIRECTORY;
            case SYMLINK -> io.neurovisor.proto.sandbox.FileType.FILE_TYPE_SYMLINK;
            case OTHER -> io.neurovisor.proto.sandbox.FileType.FILE_TYPE_OTHER;
        };
    }

    static WatchFilesResponse events(List<FileEvent> events) {
        return WatchFilesResponse.newBuilder()
                .addAllEvents(events.stream().map(FileProtos::event).toList())
                .build();
    }

    private static io.neurovisor.proto.sandbox.FileEvent event(FileEvent event) {
        return switch (event) {
            case FileEvent.Created(String path) -> event(FileEventKind.FILE_EVENT_KIND_CREATED, path, "");
            case FileEvent.Written(String path) -> event(FileEventKind.FILE_EVENT_KIND_WRITTEN, path, "");
            case FileEvent.Removed(String path) -> event(FileEventKind.FILE_EVENT_KIND_REMOVED, path, "");
            case FileEvent.Renamed(String path, String to) -> event(FileEventKind.FILE_EVENT_KIND_RENAMED, path, to);
            case FileEvent.AttributesChanged(String path) -> event(FileEventKind.FILE_EVENT_KIND_ATTRIBUTES, path, "");
            case FileEvent.Overflow() -> event(FileEventKind.FILE_EVENT_KIND_OVERFLOW, "", "");
        };
    }

    private static io.neurovisor.proto.sandbox.FileEvent event(FileEventKind kind, String path, String to) {
        return io.neurovisor.proto.sandbox.FileEvent.newBuilder()
                .setKind(kind)
                .setPath(path)
                .setTo(to)
                .build();
    }
}
