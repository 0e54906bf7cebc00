package io.neurovisor.e2b.envd;

import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.e2b.filesystem.EventType;
import io.neurovisor.proto.e2b.filesystem.FilesystemEvent;
import io.neurovisor.proto.sandbox.FileEvent;
import io.neurovisor.proto.sandbox.WatchFilesRequest;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What is watched.
 *
 * @param withEntries whether events have the entries of their files
 */
record WatchedFiles(EnvdCall call, String path, boolean recursive, boolean withEntries) {
    /** What happened to a file that exists afterwards. */
    private static final Set<EventType> PRESENT =
            Set.of(EventType.EVENT_TYPE_CREATE, EventType.EVENT_TYPE_WRITE, EventType.EVENT_TYPE_CHMOD);

    /** Begins to watch; the first response comes when the watch is in place. */
    Iterator<WatchFilesResponse> begin() {
        return call.files()
                .watchFiles(WatchFilesRequest.newBuilder()
                        .setSandboxId(call.sandboxId())
                        .setPath(path)
                        .setRecursive(recursive)
                        .build());
    }

    Stream<FilesystemEvent> events(List<FileEvent> events) {
        return FileMessages.events(events).map(event -> withEntries ? withEntry(event) : event);
    }

    private FilesystemEvent withEntry(FilesystemEvent event) {
        if (!PRESENT.contains(event.getType())) {
            return event;
        }
        try {
            return event.toBuilder()
                    .setEntry(FileLinks.describe(call, FileLinks.stat(call, path + "/" + event.getName())))
                    .build();
        } catch (StatusRuntimeException gone) {
            return event; // The file was removed, or the limit of calls is reached: clients do without.
        }
    }
}
