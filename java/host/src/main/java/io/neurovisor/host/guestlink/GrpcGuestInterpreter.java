package io.neurovisor.host.guestlink;

import io.grpc.MethodDescriptor;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.protocol.CellMessages;
import io.neurovisor.proto.guest.Credit;
import io.neurovisor.proto.guest.GuestAttachCellRequest;
import io.neurovisor.proto.guest.GuestExecuteCellRequest;
import io.neurovisor.proto.guest.GuestInterpreterServiceGrpc;
import io.neurovisor.proto.guest.GuestInterpreterServiceGrpc.GuestInterpreterServiceBlockingStub;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.InspectContextRequest;
import io.neurovisor.proto.sandbox.InspectContextResponse;
import io.neurovisor.proto.sandbox.InterpreterContext;
import io.neurovisor.proto.sandbox.InterruptCellRequest;
import io.neurovisor.proto.sandbox.ListContextsRequest;
import io.neurovisor.proto.sandbox.ListContextsResponse;
import io.neurovisor.proto.sandbox.RemoveContextRequest;
import io.neurovisor.proto.sandbox.RestartContextRequest;
import io.neurovisor.proto.sandbox.SendCellInputRequest;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** The code interpreter of a guest, called by gRPC. */
final class GrpcGuestInterpreter implements GuestInterpreter {
    /** The limit of the agent, with room for contexts that are being removed. */
    private static final int MOST_CONTEXTS = 16;

    private static final int MOST_LANGUAGES = 64;

    /** More than a message of the longest response can hold. */
    private static final int MOST_VARIABLES = 10_000;

    private final GuestConnection connection;

    GrpcGuestInterpreter(GuestConnection connection) {
        this.connection = connection;
    }

    @Override
    public ContextInfo create(ContextSpec spec, Deadline deadline) {
        return info(call(deadline, guest -> guest.createContext(CellMessages.create("", spec)))
                .getContext());
    }

    @Override
    public ContextInfo shared(String language, Deadline deadline) {
        return info(call(deadline, guest -> guest.createContext(CellMessages.shared("", language)))
                .getContext());
    }

    private ContextInfo info(InterpreterContext context) {
        return valid(() -> CellMessages.info(context));
    }

    private <T> T valid(Supplier<T> translation) {
        try {
            return translation.get();
        } catch (NeuroVisorException malformed) {
            throw connection.violated("sent a context without an id");
        }
    }

    @Override
    public ContextList list(Deadline deadline) {
        ListContextsResponse response =
                call(deadline, guest -> guest.listContexts(ListContextsRequest.getDefaultInstance()));
        if (response.getContextsCount() > MOST_CONTEXTS || response.getLanguagesCount() > MOST_LANGUAGES) {
            throw connection.violated("listed %d contexts and %d languages"
                    .formatted(response.getContextsCount(), response.getLanguagesCount()));
        }
        return valid(() -> CellMessages.list(response));
    }

    @Override
    public ContextInfo restart(ContextId context, Deadline deadline) {
        RestartContextRequest request =
                RestartContextRequest.newBuilder().setContextId(context.value()).build();
        return info(call(deadline, guest -> guest.restartContext(request)).getContext());
    }

    @Override
    public void remove(ContextId context, Deadline deadline) {
        RemoveContextRequest request =
                RemoveContextRequest.newBuilder().setContextId(context.value()).build();
        call(deadline, guest -> guest.removeContext(request));
    }

    @Override
    public ContextVariables inspect(ContextId context, Deadline deadline) {
        InspectContextRequest request =
                InspectContextRequest.newBuilder().setContextId(context.value()).build();
        InspectContextResponse response = call(deadline, guest -> guest.inspectContext(request));
        if (response.getVariablesCount() > MOST_VARIABLES) {
            throw connection.violated("described " + response.getVariablesCount() + " variables");
        }
        return CellMessages.variables(response);
    }

    @Override
    public CellEvents execute(ContextId context, CellSpec cell, Deadline deadline) {
        return begin(
                context,
                GuestInterpreterServiceGrpc.getExecuteCellMethod(),
                bytes -> GuestExecuteCellRequest.newBuilder()
                        .setCredit(credit(bytes))
                        .build(),
                GuestExecuteCellRequest.newBuilder()
                        .setExecute(CellMessages.execute("", context, cell))
                        .build(),
                deadline);
    }

    @Override
    public CellEvents attach(ContextId context, long cell, long fromEvent, Deadline deadline) {
        return begin(
                context,
                GuestInterpreterServiceGrpc.getAttachCellMethod(),
                bytes -> GuestAttachCellRequest.newBuilder()
                        .setCredit(credit(bytes))
                        .build(),
                GuestAttachCellRequest.newBuilder()
                        .setAttach(CellMessages.attach("", context, cell, fromEvent))
                        .build(),
                deadline);
    }

    private <Q> CellEvents begin(
            ContextId context,
            MethodDescriptor<Q, CellEvent> method,
            IntFunction<Q> credit,
            Q request,
            Deadline deadline) {
        GuestStream<Q, CellEvent> stream = new GuestStream<>(
                connection,
                method,
                credit,
                new GrpcCellEvents.Rules(Ticker.SYSTEM),
                GrpcGuestProcesses.LONGEST_SILENCE);
        stream.begin(request, deadline);
        return new GrpcCellEvents(context, stream);
    }

    private static Credit credit(int bytes) {
        return Credit.newBuilder().setBytes(bytes).build();
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
        SendCellInputRequest request =
                input.setContextId(context.value()).setCell(cell).build();
        call(deadline, guest -> guest.sendCellInput(request));
    }

    @Override
    public void interrupt(ContextId context, long cell, Deadline deadline) {
        InterruptCellRequest request = InterruptCellRequest.newBuilder()
                .setContextId(context.value())
                .setCell(cell)
                .build();
        call(deadline, guest -> guest.interruptCell(request));
    }

    private <T> T call(Deadline deadline, Function<GuestInterpreterServiceBlockingStub, T> call) {
        return connection.answer(
                () -> call.apply(GuestConnection.withDeadline(
                        GuestInterpreterServiceGrpc.newBlockingStub(connection.channel()), deadline)),
                GuestStatus::interpreterRefusal);
    }
}
