package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.sandbox.AttachCellRequest;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CellOutcome;
import io.neurovisor.proto.sandbox.CreateContextRequest;
import io.neurovisor.proto.sandbox.ExecuteCellRequest;
import io.neurovisor.proto.sandbox.InspectContextRequest;
import io.neurovisor.proto.sandbox.InterpreterContext;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc.InterpreterServiceBlockingStub;
import io.neurovisor.proto.sandbox.InterruptCellRequest;
import io.neurovisor.proto.sandbox.ListContextsRequest;
import io.neurovisor.proto.sandbox.RemoveContextRequest;
import io.neurovisor.proto.sandbox.RestartContextRequest;
import io.neurovisor.proto.sandbox.SendCellInputRequest;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
final class InterpreterGrpcServiceTest {
    private static final String CONTEXT = "a".repeat(32);

    private final TestServer server;
    private final InterpreterServiceBlockingStub client;

    InterpreterGrpcServiceTest() throws IOException {
        server = new TestServer(List.of(new InterpreterGrpcService(new OneSandbox(new FakeInterpreter(() -> {})))));
        client = InterpreterServiceGrpc.newBlockingStub(server.channel());
    }

    @AfterEach
    void close() {
        server.close();
    }

    private static ExecuteCellRequest.Builder cell(String code) {
        return ExecuteCellRequest.newBuilder().setSandboxId(OneSandbox.ID).setCode(code);
    }

    private List<CellEvent> run(ExecuteCellRequest.Builder cell) {
        List<CellEvent> events = new ArrayList<>();
        client.executeCell(cell.build()).forEachRemaining(events::add);
        return events;
    }

    @Test
    void cellsWithoutAContextShareOneOfEachLanguage() {
        String python = run(cell("n = 41")).getFirst().getAccepted().getContextId();
        assertThat(run(cell("n").setLanguage("bash")).getLast().getEnded().getOutcome())
                .isEqualTo(CellOutcome.CELL_OUTCOME_ERROR);
        List<CellEvent> events = run(cell("n + 1").setContextId(python));
        assertThat(events)
                .extracting(CellEvent::getEventCase)
                .containsExactly(
                        CellEvent.EventCase.ACCEPTED,
                        CellEvent.EventCase.STARTED,
                        CellEvent.EventCase.DISPLAY,
                        CellEvent.EventCase.DISPLAY_DATA,
                        CellEvent.EventCase.ENDED);
        assertThat(events.get(3).getDisplayData().getData().toStringUtf8()).isEqualTo("42");
        List<InterpreterContext> contexts = client.listContexts(ListContextsRequest.newBuilder()
                        .setSandboxId(OneSandbox.ID)
                        .build())
                .getContextsList();
        assertThat(contexts).extracting(InterpreterContext::getLanguage).containsExactly("python", "bash");
        assertThat(contexts).allMatch(InterpreterContext::getShared);
    }

    @Test
    void aClientThatDisconnectsInterruptsItsCell() {
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            call.run(() -> {
                Iterator<CellEvent> events =
                        client.executeCell(cell("while True: pass").build());
                assertThat(events.next().hasAccepted()).isTrue();
                assertThat(events.next().hasStarted()).isTrue();
            });
        }
        assertThat(run(cell("print('next')")).getLast().getEnded().getOutcome()).isEqualTo(CellOutcome.CELL_OUTCOME_OK);
    }

    /** What each call does with what it does not allow. */
    static List<Arguments> badRequests() {
        return List.of(
                bad(
                        "language",
                        "language has 0 characters; 1 to 64",
                        stub -> stub.createContext(context().build())),
                bad(
                        "shared",
                        "shared excludes env and cwd",
                        stub -> stub.createContext(
                                context().setShared(true).setCwd("/").build())),
                bad(
                        "cwd",
                        "cwd has 4097 bytes",
                        stub -> stub.createContext(context()
                                .setLanguage("python")
                                .setCwd("x".repeat(4097))
                                .build())),
                bad(
                        "env",
                        "env has a variable whose name is empty",
                        stub -> stub.createContext(
                                context().setLanguage("python").putEnv("", "x").build())),
                bad("timeout_secs", "is 86401; 0 to 86400", execute(cell("n").setTimeoutSecs(86_401))),
                bad("timeout_secs", "is 4294967295", execute(cell("n").setTimeoutSecs(-1))),
                bad("env", "env contains a NUL", execute(cell("n").putEnv("a", "\u0000"))),
                bad(
                        "context_id",
                        "must be 32 hexadecimal digits",
                        execute(cell("n").setContextId("../x"))),
                bad(
                        "language",
                        "leave it out, or context_id",
                        execute(cell("n").setContextId(CONTEXT).setLanguage("python"))),
                bad("language", "language has 65 characters", execute(cell("n").setLanguage("x".repeat(65)))),
                bad("cell", "cell is 18446744073709551615", stub -> {
                    boolean _ = stub.attachCell(AttachCellRequest.newBuilder()
                                    .setSandboxId(OneSandbox.ID)
                                    .setContextId(CONTEXT)
                                    .setCell(-1)
                                    .build())
                            .hasNext();
                }),
                bad(
                        "text",
                        "text has 65537 bytes",
                        stub -> stub.sendCellInput(SendCellInputRequest.newBuilder()
                                .setSandboxId(OneSandbox.ID)
                                .setContextId(CONTEXT)
                                .setText("x".repeat(65_537))
                                .build())),
                bad(
                        "end",
                        "end excludes text",
                        stub -> stub.sendCellInput(SendCellInputRequest.newBuilder()
                                .setSandboxId(OneSandbox.ID)
                                .setContextId(CONTEXT)
                                .setText("x")
                                .setEnd(true)
                                .build())),
                bad(
                        "context_id",
                        "32 hexadecimal",
                        stub -> stub.restartContext(RestartContextRequest.getDefaultInstance())),
                bad(
                        "context_id",
                        "32 hexadecimal",
                        stub -> stub.removeContext(RemoveContextRequest.getDefaultInstance())),
                bad(
                        "context_id",
                        "32 hexadecimal",
                        stub -> stub.inspectContext(InspectContextRequest.getDefaultInstance())),
                bad(
                        "context_id",
                        "32 hexadecimal",
                        stub -> stub.interruptCell(InterruptCellRequest.getDefaultInstance())));
    }

    private static Arguments bad(String field, String message, Consumer<InterpreterServiceBlockingStub> call) {
        return Arguments.of(field, message, call);
    }

    private static CreateContextRequest.Builder context() {
        return CreateContextRequest.newBuilder().setSandboxId(OneSandbox.ID);
    }

    private static Consumer<InterpreterServiceBlockingStub> execute(ExecuteCellRequest.Builder cell) {
        return stub -> {
            boolean _ = stub.executeCell(cell.build()).hasNext();
        };
    }

    @ParameterizedTest
    @MethodSource("badRequests")
    void rejectsWhatIsOutOfRange(String field, String message, Consumer<InterpreterServiceBlockingStub> call) {
        StatusRuntimeException refusal = refused(call);
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(TestServer.field(refusal)).isEqualTo(field);
        assertThat(refusal.getStatus().getDescription()).contains(message).hasSizeLessThan(300);
    }

    private StatusRuntimeException refused(Consumer<InterpreterServiceBlockingStub> call) {
        return catchThrowableOfType(StatusRuntimeException.class, () -> call.accept(client));
    }

    @Test
    void rejectsCodeOfMoreThanEightMebibytes() {
        InterpreterRequests.cell(cell("x".repeat(8 << 20)).build());
        assertThatThrownBy(() ->
                        InterpreterRequests.cell(cell("x".repeat((8 << 20) + 1)).build()))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        refusal -> assertThat(refusal.argument()).isEqualTo("code"))
                .hasMessage("code has 8388609 bytes; 8388608 are allowed");
    }

    @Test
    void anUnknownSandboxOrContextIsNotFound() {
        assertThat(refused(stub -> stub.listContexts(ListContextsRequest.getDefaultInstance()))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        StatusRuntimeException unknown = refused(execute(cell("n").setContextId(CONTEXT)));
        assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        StatusRuntimeException missing = refused(execute(cell("n").setLanguage("cobol")));
        assertThat(missing.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(missing.getStatus().getDescription()).contains("python, bash");
    }
}
