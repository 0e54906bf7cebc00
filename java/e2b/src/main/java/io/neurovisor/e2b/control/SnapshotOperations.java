package io.neurovisor.e2b.control;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.CreateSnapshotRequest;
import io.neurovisor.proto.sandbox.DeleteSnapshotRequest;
import io.neurovisor.proto.sandbox.DeleteTemplateRequest;
import io.neurovisor.proto.sandbox.ListSnapshotsRequest;
import io.neurovisor.proto.sandbox.Snapshot;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The operations on snapshots. */
final class SnapshotOperations {
    private SnapshotOperations() {}

    static void create(Call call) throws IOException {
        CreateSnapshotRequest request = CreateSnapshotRequest.newBuilder()
                .setSandboxId(call.id())
                .setName(call.body().text("name").orElse(""))
                .build();
        Snapshot snapshot = call.daemon().sandboxes().createSnapshot(request).getSnapshot();
        call.answer(201, SandboxJson.snapshot(snapshot));
    }

    static void list(Call call) throws IOException {
        ListSnapshotsRequest request = ListSnapshotsRequest.newBuilder()
                .setSandboxId(call.parameter("sandboxID").orElse(""))
                .build();
        Optional<String> name = call.parameter("name").filter(text -> !text.isEmpty());
        List<Snapshot> all = call.daemon().sandboxes().listSnapshots(request).getSnapshotsList().stream()
                .filter(snapshot -> name.isEmpty() || snapshot.getName().equals(name.get()))
                .toList();
        int from = begin(all, call.parameter("nextToken").orElse(""));
        int end = Math.min(from + SandboxRequestJson.limit(call.exchange()::parameters), all.size());
        if (end < all.size()) {
            call.exchange().addHeader("x-next-token", all.get(end - 1).getId());
        }
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        all.subList(from, end).forEach(snapshot -> array.add(SandboxJson.snapshot(snapshot)));
        call.answer(200, array);
    }

    /** Returns where a page begins, whose token is the id of the last snapshot of the page before. */
    private static int begin(List<Snapshot> all, String token) {
        if (token.isEmpty()) {
            return 0;
        }
        int last = all.stream().map(Snapshot::getId).toList().indexOf(token);
        if (last < 0) {
            throw HttpFailure.invalid("nextToken", "is not that of a page; list again from the beginning");
        }
        return last + 1;
    }

    /** E2B has snapshots among its templates. */
    static void delete(Call call) {
        boolean deleted = call.daemon()
                        .sandboxes()
                        .deleteSnapshot(DeleteSnapshotRequest.newBuilder()
                                .setSnapshotId(call.id())
                                .build())
                        .getDeleted()
                || call.daemon()
                        .sandboxes()
                        .deleteTemplate(DeleteTemplateRequest.newBuilder()
                                .setTemplateId(call.id())
                                .build())
                        .getDeleted();
        if (!deleted) {
            throw HttpFailure.of(404, "there is no snapshot or template " + call.id());
        }
        call.done();
    }
}
