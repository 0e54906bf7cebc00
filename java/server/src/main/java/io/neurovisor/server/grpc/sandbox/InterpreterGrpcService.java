package io.neurovisor.server.grpc.sandbox;

import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.AttachCellRequest;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CreateContextRequest;
import io.neurovisor.proto.sandbox.CreateContextResponse;
import io.neurovisor.proto.sandbox.ExecuteCellRequest;
import io.neurovisor.proto.sandbox.InspectContextRequest;
import io.neurovisor.proto.sandbox.InspectContextResponse;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc;
import io.neurovisor.proto.sandbox.InterruptCellRequest;
import io.neurovisor.proto.sandbox.InterruptCellResponse;
import io.neurovisor.proto.sandbox.ListContextsRequest;
import io.neurovisor.proto.sandbox.ListContextsResponse;
import io.neurovisor.proto.sandbox.RemoveContextRequest;
import io.neurovisor.proto.sandbox.RemoveContextResponse;
import io.neurovisor.proto.sandbox.RestartContextRequest;
import io.neurovisor.proto.sandbox.RestartContextResponse;
import io.neurovisor.proto.sandbox.SendCellInputRequest;
import io.neurovisor.proto.sandbox.SendCellInputResponse;
import io.neurovisor.server.grpc.ServedCall;
import java.time.Duration;
import java.util.Optional;

/**
 * The code interpreters of clients' sandboxes. A slow reader holds up its own stream. A client that disconnects interrupts the
 * cell that it has started, unless the cell is detached.
 */
public final class InterpreterGrpcService extends InterpreterServiceGrpc.InterpreterServiceImplBase {
    /** How long a guest may take to answer a call that starts no interpreter. */
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(1);

    /** A guest sends 64 KiB of events ahead of their reader. */
    private static final int OUTPUT_BYTES = (64 << 10) + ServedCall.TRANSPORT_BYTES;

    private final RunningSandboxes sandboxes;

    public InterpreterGrpcService(RunningSandboxes sandboxes) {
        this.sandboxes = sandboxes;
    }

    @Override
    public void createContext(CreateContextRequest request, StreamObserver<CreateContextResponse> client) {
        ServedCall.begin(client, call -> {
            ContextSpec spec = InterpreterRequests.context(request);
            GuestInterpreter interpreter = interpreter(request.getSandboxId());
            ContextInfo context = request.getShared()
                    ? interpreter.shared(spec.language(), start())
                    : interpreter.create(spec, start());
            call.send(CreateContextResponse.newBuilder()
                    .setContext(InterpreterProtos.context(context))
                    .build());
        });
    }

    @Override
    public void listContexts(ListContextsRequest request, StreamObserver<ListContextsResponse> client) {
        ServedCall.begin(
                client,
                call -> call.send(InterpreterProtos.contexts(
                        interpreter(request.getSandboxId()).list(deadline()))));
    }

    @Override
    public void restartContext(RestartContextRequest request, StreamObserver<RestartContextResponse> client) {
        ServedCall.begin(client, call -> {
            ContextId context = new ContextId(request.getContextId());
            call.send(RestartContextResponse.newBuilder()
                    .setContext(InterpreterProtos.context(
                            interpreter(request.getSandboxId()).restart(context, start())))
                    .build());
        });
    }

    @Override
    public void removeContext(RemoveContextRequest request, StreamObserver<RemoveContextResponse> client) {
        ServedCall.begin(client, call -> {
            ContextId context = new ContextId(request.getContextId());
            interpreter(request.getSandboxId()).remove(context, deadline());
            call.send(RemoveContextResponse.getDefaultInstance());
        });
    }

    @Override
    public void inspectContext(InspectContextRequest request, StreamObserver<InspectContextResponse> client) {
        ServedCall.begin(client, call -> {
            ContextId context = new ContextId(request.getContextId());
            call.send(InterpreterProtos.variables(
                    interpreter(request.getSandboxId()).inspect(context, deadline())));
        });
    }

    @Override
    public void executeCell(ExecuteCellRequest request, StreamObserver<CellEvent> client) {
        ServedCall.begin(client, call -> {
            CellSpec cell = InterpreterRequests.cell(request);
            Optional<ContextId> named = InterpreterRequests.contextOfCell(request);
            GuestInterpreter interpreter = interpreter(request.getSandboxId());
            ContextId context = named.orElseGet(() -> interpreter
                    .shared(InterpreterRequests.languageOfCell(request), start())
                    .id());
            try (CellEvents events = interpreter.execute(context, cell, deadline())) {
                pass(events, call);
            }
        });
    }

    @Override
    public void attachCell(AttachCellRequest request, StreamObserver<CellEvent> client) {
        ServedCall.begin(client, call -> {
            ContextId context = new ContextId(request.getContextId());
            long cell = FileRequests.position("cell", request.getCell());
            long from = FileRequests.position("from_event", request.getFromEvent());
            try (CellEvents events = interpreter(request.getSandboxId()).attach(context, cell, from, deadline())) {
                pass(events, call);
            }
        });
    }

    private static void pass(CellEvents events, ServedCall<CellEvent> call) {
        call.holdsUnread(OUTPUT_BYTES);
        call.sendAll(() -> events.next().map(event -> InterpreterProtos.event(events.context(), event)));
    }

    @Override
    public void sendCellInput(SendCellInputRequest request, StreamObserver<SendCellInputResponse> client) {
        ServedCall.begin(client, call -> {
            ContextId context = new ContextId(request.getContextId());
            long cell = FileRequests.position("cell", request.getCell());
            String text = InterpreterRequests.input(request);
            GuestInterpreter interpreter = interpreter(request.getSandboxId());
            if (request.getEnd()) {
                interpreter.endInput(context, cell, deadline());
            } else {
                interpreter.sendInput(context, cell, text, deadline());
            }
            call.send(SendCellInputResponse.getDefaultInstance());
        });
    }

    @Override
    public void interruptCell(InterruptCellRequest request, StreamObserver<InterruptCellResponse> client) {
        ServedCall.begin(client, call -> {
            ContextId context = new ContextId(request.getContextId());
            long cell = FileRequests.position("cell", request.getCell());
            interpreter(request.getSandboxId()).interrupt(context, cell, deadline());
            call.send(InterruptCellResponse.getDefaultInstance());
        });
    }

    private GuestInterpreter interpreter(String sandboxId) {
        return sandboxes.require(sandboxId).interpreter();
    }

    private static Deadline start() {
        return Deadline.after(GuestInterpreter.START_LIMIT, Ticker.SYSTEM);
    }

    private static Deadline deadline() {
        return Deadline.after(ANSWER_LIMIT, Ticker.SYSTEM);
    }
}
