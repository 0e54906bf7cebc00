package io.neurovisor.e2b.files;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.WriteMode;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Sends what is written in pieces; blocks while the guest takes none. Closing it before its end leaves the file as it was. */
final class Upload extends OutputStream {
    /** The largest piece of a file that the daemon takes. */
    private static final int PIECE_BYTES = 64 << 10;

    private final BlockingClientCall<WriteRequest, WriteResponse> call;
    private boolean isFinished;

    /** @param path of the file, which is replaced */
    Upload(DaemonCalls daemon, String sandboxId, String path, FileMetadata metadata) throws IOException {
        call = FileServiceGrpc.newBlockingV2Stub(daemon.channel()).write();
        send(WriteRequest.newBuilder()
                .setTarget(WriteTarget.newBuilder()
                        .setSandboxId(sandboxId)
                        .setPath(path)
                        .setWriteMode(WriteMode.WRITE_MODE_REPLACE)
                        .putAllXattrs(metadata.attributes()))
                .build());
    }

    void write(ByteBuffer content) throws IOException {
        while (content.hasRemaining()) {
            byte[] piece = new byte[Math.min(content.remaining(), PIECE_BYTES)];
            content.get(piece);
            send(WriteRequest.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(piece))
                    .build());
        }
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        write(ByteBuffer.wrap(bytes, offset, length));
    }

    void send(WriteRequest request) throws IOException {
        try {
            if (!call.write(request)) {
                // The call has ended early, and its status says why.
                throw failure();
            }
        } catch (StatusException failure) {
            throw failure.getStatus().asRuntimeException(failure.getTrailers());
        } catch (InterruptedException interrupt) {
            throw interrupted();
        }
    }

    private RuntimeException failure() throws IOException {
        try {
            call.read();
        } catch (StatusException failure) {
            return failure.getStatus().asRuntimeException(failure.getTrailers());
        } catch (InterruptedException interrupt) {
            throw interrupted();
        }
        return HttpFailure.of(500, "the write has ended early");
    }

    private IOException interrupted() {
        Thread.currentThread().interrupt();
        return new IOException("interrupted");
    }

    FileEntry finish() throws IOException {
        call.halfClose();
        try {
            WriteResponse response = call.read();
            if (response == null) {
                throw HttpFailure.of(500, "the write has ended without an answer");
            }
            isFinished = true;
            return response.getEntry();
        } catch (StatusException failure) {
            throw failure.getStatus().asRuntimeException(failure.getTrailers());
        } catch (InterruptedException interrupt) {
            throw interrupted();
        }
    }

    @Override
    public void close() {
        if (!isFinished) {
            call.cancel("the upload is not complete", null);
        }
    }
}
