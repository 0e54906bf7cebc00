package io.neurovisor.e2b.envd;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.neurovisor.e2b.HomePath;
import io.neurovisor.proto.e2b.filesystem.CreateWatcherRequest;
import io.neurovisor.proto.e2b.filesystem.CreateWatcherResponse;
import io.neurovisor.proto.e2b.filesystem.FilesystemGrpc;
import io.neurovisor.proto.e2b.filesystem.GetWatcherEventsRequest;
import io.neurovisor.proto.e2b.filesystem.GetWatcherEventsResponse;
import io.neurovisor.proto.e2b.filesystem.ListDirRequest;
import io.neurovisor.proto.e2b.filesystem.ListDirResponse;
import io.neurovisor.proto.e2b.filesystem.MakeDirRequest;
import io.neurovisor.proto.e2b.filesystem.MakeDirResponse;
import io.neurovisor.proto.e2b.filesystem.MoveRequest;
import io.neurovisor.proto.e2b.filesystem.MoveResponse;
import io.neurovisor.proto.e2b.filesystem.RemoveRequest;
import io.neurovisor.proto.e2b.filesystem.RemoveResponse;
import io.neurovisor.proto.e2b.filesystem.RemoveWatcherRequest;
import io.neurovisor.proto.e2b.filesystem.RemoveWatcherResponse;
import io.neurovisor.proto.e2b.filesystem.StatRequest;
import io.neurovisor.proto.e2b.filesystem.StatResponse;
import io.neurovisor.proto.e2b.filesystem.WatchDirRequest;
import io.neurovisor.proto.e2b.filesystem.WatchDirResponse;
import io.neurovisor.proto.sandbox.FileEntry;
import io.neurovisor.proto.sandbox.ListFilesRequest;
import io.neurovisor.proto.sandbox.ListFilesResponse;
import io.neurovisor.proto.sandbox.MakeDirectoryRequest;
import io.neurovisor.proto.sandbox.MakeDirectoryResponse;
import io.neurovisor.proto.sandbox.WatchFilesResponse;
import java.util.Iterator;

/** The files of a sandbox, as envd serves them. */
public final class EnvdFiles extends FilesystemGrpc.FilesystemImplBase {
    private final Watchers watchers;

    public EnvdFiles(Watchers watchers) {
        this.watchers = watchers;
    }

    @Override
    public void stat(StatRequest request, StreamObserver<StatResponse> observer) {
        EnvdCall.answer(
                observer,
                call -> StatResponse.newBuilder()
                        .setEntry(FileLinks.describe(call, HomePath.orHome(request.getPath())))
                        .build());
    }

    @Override
    public void makeDir(MakeDirRequest request, StreamObserver<MakeDirResponse> observer) {
        EnvdCall.answer(observer, call -> {
            MakeDirectoryResponse made = makeDirectory(call, HomePath.orHome(request.getPath()));
            if (!made.getCreated()) {
                throw Status.ALREADY_EXISTS
                        .withDescription("directory already exists: " + request.getPath())
                        .asRuntimeException();
            }
            return MakeDirResponse.newBuilder()
                    .setEntry(FileMessages.entry(made.getEntry()))
                    .build();
        });
    }

    /** What exists and is not a directory is a mistake of the client. */
    private static MakeDirectoryResponse makeDirectory(EnvdCall call, String path) {
        try {
            return call.files()
                    .makeDirectory(MakeDirectoryRequest.newBuilder()
                            .setSandboxId(call.sandboxId())
                            .setPath(path)
                            .build());
        } catch (StatusRuntimeException failure) {
            if (failure.getStatus().getCode() == Status.Code.ALREADY_EXISTS) {
                throw Status.INVALID_ARGUMENT
                        .withDescription(failure.getStatus().getDescription())
                        .asRuntimeException();
            }
            throw failure;
        }
    }

    @Override
    public void move(MoveRequest request, StreamObserver<MoveResponse> observer) {
        EnvdCall.answer(observer, call -> {
            io.neurovisor.proto.sandbox.MoveRequest move = io.neurovisor.proto.sandbox.MoveRequest.newBuilder()
                    .setSandboxId(call.sandboxId())
                    .setSource(HomePath.resolved(request.getSource()))
                    .setDestination(HomePath.resolved(request.getDestination()))
                    .build();
            FileEntry entry = moved(call, move);
            return MoveResponse.newBuilder()
                    .setEntry(FileLinks.describe(call, entry))
                    .build();
        });
    }

    /** Makes the directory of the destination if that is missing. */
    private static FileEntry moved(EnvdCall call, io.neurovisor.proto.sandbox.MoveRequest move) {
        try {
            return call.files().move(move).getEntry();
        } catch (StatusRuntimeException failure) {
            String destination = move.getDestination();
            int end = destination.lastIndexOf('/');
            if (failure.getStatus().getCode() != Status.Code.NOT_FOUND || end <= 0) {
                throw failure;
            }
            MakeDirectoryResponse _ = makeDirectory(call, destination.substring(0, end));
            return call.files().move(move).getEntry();
        }
    }

    @Override
    public void listDir(ListDirRequest request, StreamObserver<ListDirResponse> observer) {
        EnvdCall.answer(observer, call -> {
            ListDirResponse.Builder all = ListDirResponse.newBuilder();
            FileLinks.Bounded links = new FileLinks.Bounded(call);
            ListFilesRequest.Builder page = ListFilesRequest.newBuilder()
                    .setSandboxId(call.sandboxId())
                    .setPath(HomePath.orHome(request.getPath()))
                    .setDepth(request.getDepth());
            do {
                ListFilesResponse files = call.files().listFiles(page.build());
                files.getEntriesList().forEach(entry -> all.addEntries(links.describe(entry)));
                page.setPageToken(files.getNextPageToken());
            } while (!page.getPageToken().isEmpty());
            return all.build();
        });
    }

    /** Removing what does not exist succeeds, as E2B's clients expect. */
    @Override
    public void remove(RemoveRequest request, StreamObserver<RemoveResponse> observer) {
        EnvdCall.answer(observer, call -> {
            try {
                io.neurovisor.proto.sandbox.RemoveResponse _ = call.files()
                        .remove(io.neurovisor.proto.sandbox.RemoveRequest.newBuilder()
                                .setSandboxId(call.sandboxId())
                                .setPath(HomePath.resolved(request.getPath()))
                                .setRecursive(true)
                                .build());
            } catch (StatusRuntimeException failure) {
                if (failure.getStatus().getCode() != Status.Code.NOT_FOUND) {
                    throw failure;
                }
            }
            return RemoveResponse.getDefaultInstance();
        });
    }

    @Override
    public void watchDir(WatchDirRequest request, StreamObserver<WatchDirResponse> observer) {
        EnvdCall.begin(observer, (call, client) -> {
            WatchedFiles watched = new WatchedFiles(
                    call, HomePath.orHome(request.getPath()), request.getRecursive(), request.getIncludeEntry());
            Iterator<WatchFilesResponse> changes = watched.begin();
            while (changes.hasNext()) {
                WatchFilesResponse next = changes.next();
                if (next.getEventsCount() == 0) {
                    client.onNext(WatchDirResponse.newBuilder()
                            .setStart(WatchDirResponse.StartEvent.getDefaultInstance())
                            .build());
                }
                watched.events(next.getEventsList())
                        .forEach(event -> client.onNext(WatchDirResponse.newBuilder()
                                .setFilesystem(event)
                                .build()));
            }
        });
    }

    @Override
    public void createWatcher(CreateWatcherRequest request, StreamObserver<CreateWatcherResponse> observer) {
        EnvdCall.answer(
                observer,
                call -> CreateWatcherResponse.newBuilder()
                        .setWatcherId(watchers.create(new WatchedFiles(
                                call,
                                HomePath.orHome(request.getPath()),
                                request.getRecursive(),
                                request.getIncludeEntry())))
                        .build());
    }

    @Override
    public void getWatcherEvents(GetWatcherEventsRequest request, StreamObserver<GetWatcherEventsResponse> observer) {
        EnvdCall.answer(
                observer,
                call -> GetWatcherEventsResponse.newBuilder()
                        .addAllEvents(watchers.take(call.sandboxId(), request.getWatcherId()))
                        .build());
    }

    @Override
    public void removeWatcher(RemoveWatcherRequest request, StreamObserver<RemoveWatcherResponse> observer) {
        EnvdCall.answer(observer, call -> {
            watchers.remove(call.sandboxId(), request.getWatcherId());
            return RemoveWatcherResponse.getDefaultInstance();
        });
    }
}
