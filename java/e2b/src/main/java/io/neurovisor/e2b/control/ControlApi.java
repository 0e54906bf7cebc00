package io.neurovisor.e2b.control;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ForkResult;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.KillRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.ListResponse;
import io.neurovisor.proto.sandbox.MetricsPoint;
import io.neurovisor.proto.sandbox.MetricsRequest;
import io.neurovisor.proto.sandbox.PauseRequest;
import io.neurovisor.proto.sandbox.PauseResponse;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.proto.sandbox.SetTimeoutResponse;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The operations of the control plane. */
public final class ControlApi {
    private static final int USUAL_TIMEOUT = 15;
    private static final int MOST_COPIES = 100;

    /** The id of a sandbox. Older clients append that of a client. */
    private static final String ID = "([^/-]+)(?:-[^/]*)?";

    private final SandboxJson json;
    private final List<Operation> operations = List.of(
            new Operation("POST", "/(?:v2/)?sandboxes", this::create),
            new Operation("GET", "/v2/sandboxes", this::list),
            new Operation("GET", "/sandboxes", this::listRunning),
            new Operation("GET", "/sandboxes/" + ID, this::get),
            new Operation("DELETE", "/sandboxes/" + ID, this::kill),
            new Operation("POST", "/(?:v2/)?sandboxes/" + ID + "/connect", this::connect),
            new Operation("POST", "/sandboxes/" + ID + "/resume", this::resume),
            new Operation("POST", "/sandboxes/" + ID + "/timeout", this::setTimeout),
            new Operation("POST", "/sandboxes/" + ID + "/pause", this::pause),
            new Operation("POST", "/sandboxes/" + ID + "/fork", this::fork),
            new Operation("GET", "/sandboxes/" + ID + "/metrics", this::metrics),
            new Operation("PUT", "/sandboxes/" + ID + "/network", this::network),
            new Operation("POST", "/sandboxes/" + ID + "/snapshots", SnapshotOperations::create),
            new Operation("GET", "/snapshots", SnapshotOperations::list),
            new Operation("DELETE", "/templates/([^/]+)", SnapshotOperations::delete));

    public ControlApi(SandboxJson json) {
        this.json = json;
    }

    /** An operation; the group of the path is the id of a sandbox or snapshot. */
    private record Operation(String method, Pattern path, Work work) {
        Operation(String method, String path, Work work) {
            this(method, Pattern.compile(path), work);
        }
    }

    @FunctionalInterface
    private interface Work {
        void serve(Call call) throws IOException;
    }

    /** Serves a request of the client that makes these calls. */
    public void serve(HttpExchange exchange, DaemonCalls daemon) throws IOException {
        List<String> methods = new ArrayList<>();
        for (Operation operation : operations) {
            Matcher matcher = operation.path().matcher(exchange.path());
            if (matcher.matches()) {
                methods.add(operation.method());
                if (operation.method().equals(exchange.method())) {
                    operation
                            .work()
                            .serve(new Call(exchange, daemon, matcher.groupCount() == 0 ? "" : matcher.group(1)));
                    return;
                }
            }
        }
        if (methods.isEmpty()) {
            throw HttpFailure.of(404, "there is no " + exchange.path());
        }
        exchange.addHeader("Allow", String.join(", ", methods));
        throw HttpFailure.of(405, exchange.method() + " is not possible here");
    }

    private void create(Call call) throws IOException {
        CreateRequest request = SandboxRequestJson.create(
                call.body(), call.exchange().header("idempotency-key").orElse(""));
        Sandbox created = call.daemon().sandboxes().create(request).getSandbox();
        call.answer(201, json.created(created));
    }

    private void list(Call call) throws IOException {
        ListResponse page = call.daemon().sandboxes().list(SandboxRequestJson.list(call.exchange()::parameters));
        if (!page.getNextPageToken().isEmpty()) {
            call.exchange().addHeader("x-next-token", page.getNextPageToken());
        }
        call.exchange().addHeader("x-total-running", Integer.toString(page.getTotalRunning()));
        call.answer(200, listed(page));
    }

    private void listRunning(Call call) throws IOException {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        ListRequest.Builder request = SandboxRequestJson.list(call.exchange()::parameters).toBuilder()
                .clearStates()
                .addStates(SandboxState.SANDBOX_STATE_RUNNING);
        do {
            ListResponse page = call.daemon().sandboxes().list(request.build());
            all.addAll(listed(page));
            request.setPageToken(page.getNextPageToken());
        } while (!request.getPageToken().isEmpty());
        call.answer(200, all);
    }

    private ArrayNode listed(ListResponse page) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        page.getSandboxesList().forEach(sandbox -> array.add(json.listed(sandbox)));
        return array;
    }

    private void get(Call call) throws IOException {
        call.answer(200, json.detailed(sandbox(call)));
    }

    private static Sandbox sandbox(Call call) {
        return call.daemon()
                .sandboxes()
                .get(GetRequest.newBuilder().setSandboxId(call.id()).build())
                .getSandbox();
    }

    private void kill(Call call) {
        boolean killed = call.daemon()
                .sandboxes()
                .kill(KillRequest.newBuilder().setSandboxId(call.id()).build())
                .getKilled();
        if (!killed) {
            throw HttpFailure.of(404, "there is no sandbox " + call.id());
        }
        call.done();
    }

    private void connect(Call call) throws IOException {
        int timeout = call.body().number("timeout", USUAL_TIMEOUT, 0, Integer.MAX_VALUE);
        boolean isPaused = sandbox(call).getState() == SandboxState.SANDBOX_STATE_PAUSED;
        call.answer(isPaused ? 201 : 200, json.created(connected(call, timeout)));
    }

    private void resume(Call call) throws IOException {
        int timeout = call.body().number("timeout", USUAL_TIMEOUT, 0, Integer.MAX_VALUE);
        if (sandbox(call).getState() != SandboxState.SANDBOX_STATE_PAUSED) {
            throw HttpFailure.of(409, "sandbox " + call.id() + " is not paused");
        }
        call.answer(201, json.created(connected(call, timeout)));
    }

    private static Sandbox connected(Call call, int timeout) {
        return call.daemon()
                .sandboxes()
                .connect(ConnectRequest.newBuilder()
                        .setSandboxId(call.id())
                        .setTimeoutSecs(timeout)
                        .build())
                .getSandbox();
    }

    private void setTimeout(Call call) throws IOException {
        Fields body = call.body();
        if (!body.has("timeout")) {
            throw HttpFailure.invalid("timeout", "is missing");
        }
        int timeout = body.number("timeout", 0, 0, Integer.MAX_VALUE);
        SetTimeoutResponse _ = call.daemon()
                .sandboxes()
                .setTimeout(SetTimeoutRequest.newBuilder()
                        .setSandboxId(call.id())
                        .setTimeoutSecs(timeout)
                        .build());
        call.done();
    }

    private void pause(Call call) throws IOException {
        if (!call.body().flag("memory", true)) {
            throw HttpFailure.invalid("memory", "is false: a sandbox is always paused with its memory");
        }
        if (sandbox(call).getState() == SandboxState.SANDBOX_STATE_PAUSED) {
            throw HttpFailure.of(409, "sandbox " + call.id() + " is paused already");
        }
        PauseResponse _ = call.daemon()
                .sandboxes()
                .pause(PauseRequest.newBuilder().setSandboxId(call.id()).build());
        call.done();
    }

    private void fork(Call call) throws IOException {
        Fields body = call.body();
        ForkRequest request = ForkRequest.newBuilder()
                .setSandboxId(call.id())
                .setCount(body.number("count", 1, 1, MOST_COPIES))
                .setTimeoutSecs(body.number("timeout", USUAL_TIMEOUT, 0, Integer.MAX_VALUE))
                .build();
        ArrayNode results = JsonNodeFactory.instance.arrayNode();
        for (ForkResult result : call.daemon().sandboxes().fork(request).getResultsList()) {
            ObjectNode entry = results.addObject();
            if (result.hasSandbox()) {
                entry.set("sandbox", json.created(result.getSandbox()));
            } else {
                HttpFailure failure =
                        HttpFailure.of(io.grpc.protobuf.StatusProto.toStatusRuntimeException(result.getStatus()));
                entry.putObject("error").put("code", failure.status()).put("message", failure.getMessage());
            }
        }
        call.answer(201, results);
    }

    private void metrics(Call call) throws IOException {
        MetricsRequest request =
                MetricsRequest.newBuilder().setSandboxId(call.id()).build();
        long start = SandboxRequestJson.time(call.parameter("start"), "start", 0);
        long end = SandboxRequestJson.time(call.parameter("end"), "end", Long.MAX_VALUE);
        ArrayNode points = JsonNodeFactory.instance.arrayNode();
        for (MetricsPoint point : call.daemon().sandboxes().metrics(request).getPointsList()) {
            if (point.getTime().getSeconds() >= start && point.getTime().getSeconds() <= end) {
                points.add(SandboxJson.metrics(point));
            }
        }
        call.answer(200, points);
    }

    private void network(Call call) throws IOException {
        SandboxRequestJson.refuseNetwork(call.body());
        Sandbox _ = sandbox(call);
        call.done();
    }
}
