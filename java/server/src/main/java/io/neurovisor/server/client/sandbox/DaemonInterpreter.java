package io.neurovisor.server.client.sandbox;

import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.host.protocol.CellMessages;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CreateContextRequest;
import io.neurovisor.proto.sandbox.InspectContextRequest;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc;
import io.neurovisor.proto.sandbox.InterpreterServiceGrpc.InterpreterServiceBlockingV2Stub;
import io.neurovisor.proto.sandbox.InterruptCellRequest;
import io.neurovisor.proto.sandbox.ListContextsRequest;
import io.neurovisor.proto.sandbox.RemoveContextRequest;
import io.neurovisor.proto.sandbox.RestartContextRequest;
import io.neurovisor.proto.sandbox.SendCellInputRequest;
import io.neurovisor.server.client.DaemonConnection;
import java.util.concurrent.TimeUnit;

/** The code interpreter of a sandbox, by calls of its daemon. Failures are those of {@link SandboxClient}. */
record DaemonInterpreter(DaemonConnection connection, String sandbox) implements GuestInterpreter {
    @Override
    public ContextInfo create(ContextSpec spec, Deadline deadline) {
        return create(CellMessages.create(sandbox, spec), deadline);
    }

    @Override
    public ContextInfo shared(String language, Deadline deadline) {
        return create(CellMessages.shared(sandbox, language), deadline);
    }

    private ContextInfo create(CreateContextRequest request, Deadline deadline) {
        return CellMessages.info(
                connection.answer(() -> stub(deadline).createContext(request)).getContext());
    }

    @Override
    public ContextList list(Deadline deadline) {
        ListContextsRequest request =
                ListContextsRequest.newBuilder().setSandboxId(sandbox).build();
        return CellMessages.list(connection.answer(() -> stub(deadline).listContexts(request)));
    }

    @Override
    public ContextInfo restart(ContextId context, Deadline deadline) {
        RestartContextRequest request = RestartContextRequest.newBuilder()
                .setSandboxId(sandbox)
                .setContextId(context.value())
                .build();
        return CellMessages.info(
                connection.answer(() -> stub(deadline).restartContext(request)).getContext());
    }

    @Override
    public void remove(ContextId context, Deadline deadline) {
        RemoveContextRequest request = RemoveContextRequest.newBuilder()
                .setSandboxId(sandbox)
                .setContextId(context.value())
                .build();
        connection.answer(() -> stub(deadline).removeContext(request));
    }

    @Override
    public ContextVariables inspect(ContextId context, Deadline deadline) {
        InspectContextRequest request = InspectContextRequest.newBuilder()
                .setSandboxId(sandbox)
                .setContextId(context.value())
                .build();
        return CellMessages.variables(connection.answer(() -> stub(deadline).inspectContext(request)));
    }

    @Override
    public CellEvents execute(ContextId context, CellSpec cell, Deadline deadline) {
        return events(context, stub().executeCell(CellMessages.execute(sandbox, context, cell)), deadline);
    }

    @Override
    public CellEvents attach(ContextId context, long cell, long fromEvent, Deadline deadline) {
        return events(context, stub().attachCell(CellMessages.attach(sandbox, context, cell, fromEvent)), deadline);
    }

    private CellEvents events(ContextId context, BlockingClientCall<?, CellEvent> call, Deadline deadline) {
        return new DaemonCellEvents(context, new DaemonCall<>(connection, call), deadline);
    }

    @Override
    public void sendInput(ContextId context, long cell, String text, Deadline deadline) {
        input(context, cell, SendCellInputRequest.newBuilder().setText(text), deadline);
    }

    @Override
    public void endInput(ContextId context, long cell, Deadline deadline) {
        input(context, cell, SendCellInputRequest.newBuilder().setEnd(true), deadline);
    }

    private void input(ContextId context, long cell, SendCellInputRequest.Builder input, Deadline deadline) {
        SendCellInputRequest request = input.setSandboxId(sandbox)
                .setContextId(context.value())
                .setCell(cell)
                .build();
        connection.answer(() -> stub(deadline).sendCellInput(request));
    }

    @Override
    public void interrupt(ContextId context, long cell, Deadline deadline) {
        InterruptCellRequest request = InterruptCellRequest.newBuilder()
                .setSandboxId(sandbox)
                .setContextId(context.value())
                .setCell(cell)
                .build();
        connection.answer(() -> stub(deadline).interruptCell(request));
    }

    private InterpreterServiceBlockingV2Stub stub() {
        return InterpreterServiceGrpc.newBlockingV2Stub(connection.calls());
    }

    private InterpreterServiceBlockingV2Stub stub(Deadline deadline) {
        return stub().withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }
}
