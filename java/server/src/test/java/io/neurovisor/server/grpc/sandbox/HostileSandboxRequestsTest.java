package io.neurovisor.server.grpc.sandbox;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.GetRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxServiceGrpc.SandboxServiceBlockingStub;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.SetTimeoutRequest;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.grpc.TestServer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests about sandboxes whose fields are out of their ranges. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class HostileSandboxRequestsTest {
    @TempDir
    private Path data;

    private ServedSandboxes served;
    private SandboxServiceBlockingStub client;

    @BeforeEach
    void open() {
        served = new ServedSandboxes(data);
        client = served.as(new Tenant.Loopback());
    }

    @AfterEach
    void close() {
        served.close();
    }

    static List<Arguments> badCreations() {
        return List.of(
                Arguments.of("on_timeout", create().setOnTimeoutValue(3), "use 0 to 2"),
                Arguments.of("size", create().setSize("vast"), "size \"vast\" is not known; use one of small"),
                Arguments.of("template", create().setTemplate("x".repeat(129)), "template has 129 characters"),
                Arguments.of("timeout_secs", create().setTimeoutSecs(86_401), "timeout of 86401 s is out of range"),
                Arguments.of("timeout_secs", create().setTimeoutSecs(-1), "timeout of 4294967295 s is out of range"),
                Arguments.of("env", environment(257), "257 environment variables; at most 256"),
                Arguments.of(
                        "env",
                        create().putEnv("a", "x".repeat(131_072)),
                        "an environment of 131073 bytes; at most 131072"),
                Arguments.of("env", create().putEnv("", "x"), "an environment variable whose name is empty"),
                Arguments.of("env", create().putEnv("a=b", "x"), "an environment variable whose name"),
                Arguments.of("env", create().putEnv("a", "\u0000"), "an environment variable"),
                Arguments.of("metadata", metadata(65), "65 labels; at most 64"),
                Arguments.of("metadata", create().putMetadata("", "x"), "a label of 0 bytes"),
                Arguments.of("metadata", create().putMetadata("x".repeat(129), ""), "a label of 129 bytes"),
                Arguments.of("metadata", create().putMetadata("x", "\u00e4".repeat(513)), "a value of 1026"),
                Arguments.of("cwd", create().setCwd("/" + "x".repeat(4096)), "a directory of 4097 bytes"),
                Arguments.of("cwd", create().setCwd("/a\u0000b"), "a directory of 4 bytes"),
                Arguments.of(
                        "idempotency_key",
                        create().setIdempotencyKey("x".repeat(129)),
                        "an idempotency key of 129 characters"),
                Arguments.of("idempotency_key", create().setIdempotencyKey("a b"), "an idempotency key of 3"),
                Arguments.of("name", create().setName("x".repeat(64)), "a name of 64 characters; at most 63"));
    }

    @ParameterizedTest
    @MethodSource("badCreations")
    void rejectsACreationThatIsOutOfRange(String field, CreateRequest.Builder request, String message) {
        StatusRuntimeException refusal = refused(() -> create(request.build()));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(TestServer.field(refusal)).isEqualTo(field);
        assertThat(refusal.getStatus().getDescription()).contains(message).hasSizeLessThan(300);
        assertThat(served.machines()).isZero();
    }

    static List<Arguments> badLists() {
        return List.of(
                Arguments.of("page_size", list().setPageSize(101)),
                Arguments.of("page_size", list().setPageSize(-1)),
                Arguments.of("page_token", list().setPageToken("?")),
                Arguments.of("page_token", list().setPageToken("AAAA")),
                Arguments.of("page_token", list().setPageToken("x".repeat(100_000))),
                Arguments.of("states", list().addStates(SandboxState.SANDBOX_STATE_UNSPECIFIED)),
                Arguments.of("states", list().addStatesValue(7)),
                Arguments.of(
                        "started_after",
                        list().setStartedAfter(Timestamp.newBuilder().setNanos(-1))),
                Arguments.of(
                        "started_after",
                        list().setStartedAfter(Timestamp.newBuilder().setSeconds(Long.MAX_VALUE))));
    }

    @ParameterizedTest
    @MethodSource("badLists")
    void rejectsAListThatIsOutOfRange(String field, ListRequest.Builder request) {
        StatusRuntimeException refusal = refused(() -> client.list(request.build()));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(TestServer.field(refusal)).isEqualTo(field);
        assertThat(refusal.getStatus().getDescription()).startsWith(field).hasSizeLessThan(300);
    }

    @Test
    void rejectsATimeoutOfMoreThanADay() {
        String id = create(CreateRequest.getDefaultInstance()).getId();
        assertThat(refused(() -> client.setTimeout(SetTimeoutRequest.newBuilder()
                                .setSandboxId(id)
                                .setTimeoutSecs(86_401)
                                .build()))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused(() -> client.connect(ConnectRequest.newBuilder()
                                .setSandboxId(id)
                                .setTimeoutSecs(-1)
                                .build()))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(get(id).getState()).isEqualTo(SandboxState.SANDBOX_STATE_RUNNING);
    }

    @Test
    void anIdThatCannotBeOneIsUnknown() {
        for (String id : List.of("", "../../etc", "A".repeat(20), "a".repeat(100_000), "\u001b[2J")) {
            StatusRuntimeException refusal = refused(() -> get(id));
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(refusal.getStatus().getDescription())
                    .startsWith("no sandbox has the given id")
                    .hasSizeLessThan(200);
        }
    }

    @Test
    void anUnknownImageCreatesNothing() {
        StatusRuntimeException refusal =
                refused(() -> create(create().setTemplate("full").build()));
        assertThat(TestServer.reason(refusal)).isEqualTo("IMAGE_UNKNOWN");
        assertThat(served.machines()).isZero();
    }

    private static CreateRequest.Builder create() {
        return CreateRequest.newBuilder();
    }

    private static ListRequest.Builder list() {
        return ListRequest.newBuilder();
    }

    private static CreateRequest.Builder environment(int variables) {
        CreateRequest.Builder request = create();
        IntStream.range(0, variables).forEach(i -> request.putEnv("v" + i, ""));
        return request;
    }

    private static CreateRequest.Builder metadata(int labels) {
        CreateRequest.Builder request = create();
        IntStream.range(0, labels).forEach(i -> request.putMetadata("l" + i, ""));
        return request;
    }

    private Sandbox create(CreateRequest request) {
        return client.create(request).getSandbox();
    }

    private Sandbox get(String id) {
        return client.get(GetRequest.newBuilder().setSandboxId(id).build()).getSandbox();
    }

    private static StatusRuntimeException refused(Runnable call) {
        return requireNonNull(catchThrowableOfType(StatusRuntimeException.class, call::run), "the call succeeded");
    }
}
