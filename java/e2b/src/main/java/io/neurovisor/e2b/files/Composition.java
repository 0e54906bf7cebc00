package io.neurovisor.e2b.files;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.HomePath;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.RemoveRequest;
import io.neurovisor.proto.sandbox.RemoveResponse;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;

/**
 * A file that is made of others, one after the other, which are removed then. Contents pass through this process in pieces. A failure
 * leaves all files as they were.
 */
record Composition(DaemonCalls daemon, String sandboxId, List<String> sources, String destination) {
    private static final int MOST_SOURCES = 1000;
    private static final String SOURCES = "source_paths";
    private static final String DESTINATION = "destination";

    static Composition of(DaemonCalls daemon, String sandboxId, Fields body) {
        List<String> sources = body.requiredTexts(SOURCES);
        if (sources.isEmpty() || sources.size() > MOST_SOURCES) {
            throw HttpFailure.invalid(
                    SOURCES, "has %d paths; 1 to %d are allowed".formatted(sources.size(), MOST_SOURCES));
        }
        String destination = body.requiredText(DESTINATION);
        if (destination.isEmpty()) {
            throw HttpFailure.invalid(DESTINATION, "is empty");
        }
        return new Composition(daemon, sandboxId, sources, destination);
    }

    /** Writes the file, and returns its entry. */
    FileEntry write() throws IOException {
        FileEntry written;
        try (Upload upload = new Upload(daemon, sandboxId, destination, FileMetadata.NONE)) {
            for (String source : sources) {
                copy(source, upload);
            }
            written = upload.finish();
        }
        sources.stream().distinct().forEach(this::remove);
        return written;
    }

    private void copy(String source, Upload upload) throws IOException {
        if (HomePath.absolute(source).equals(HomePath.absolute(destination))) {
            throw HttpFailure.invalid(SOURCES, "has the destination: " + source);
        }
        Iterator<ReadResponse> parts = daemon.files()
                .read(ReadRequest.newBuilder()
                        .setSandboxId(sandboxId)
                        .setPath(source)
                        .build());
        try {
            while (parts.hasNext()) {
                upload.write(parts.next().getData().asReadOnlyByteBuffer());
            }
        } catch (StatusRuntimeException failure) {
            throw FilePaths.missing(source, failure);
        }
    }

    private void remove(String source) {
        try {
            RemoveResponse _ = daemon.files()
                    .remove(RemoveRequest.newBuilder()
                            .setSandboxId(sandboxId)
                            .setPath(source)
                            .build());
        } catch (StatusRuntimeException failure) {
            // The file is complete; what cannot be removed stays, as where its directory cannot be written.
            if (failure.getStatus().getCode() == Status.Code.UNAVAILABLE) {
                throw failure;
            }
        }
    }
}
