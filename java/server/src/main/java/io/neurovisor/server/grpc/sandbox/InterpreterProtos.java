package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.UnsafeByteOperations;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.proto.sandbox.CellAccepted;
import io.neurovisor.proto.sandbox.CellDisplay;
import io.neurovisor.proto.sandbox.CellDisplayData;
import io.neurovisor.proto.sandbox.CellDropped;
import io.neurovisor.proto.sandbox.CellEnded;
import io.neurovisor.proto.sandbox.CellErrorFrame;
import io.neurovisor.proto.sandbox.CellGap;
import io.neurovisor.proto.sandbox.CellInputRequest;
import io.neurovisor.proto.sandbox.CellKeepAlive;
import io.neurovisor.proto.sandbox.CellOutcome;
import io.neurovisor.proto.sandbox.CellStarted;
import io.neurovisor.proto.sandbox.CellStream;
import io.neurovisor.proto.sandbox.CellText;
import io.neurovisor.proto.sandbox.CellVariables;
import io.neurovisor.proto.sandbox.ContextState;
import io.neurovisor.proto.sandbox.ContextVariable;
import io.neurovisor.proto.sandbox.DisplayPart;
import io.neurovisor.proto.sandbox.InspectContextResponse;
import io.neurovisor.proto.sandbox.InterpreterContext;
import io.neurovisor.proto.sandbox.ListContextsResponse;

/** Translates contexts and the events of cells into messages for clients. */
final class InterpreterProtos {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private InterpreterProtos() {}

    static InterpreterContext context(ContextInfo context) {
        return InterpreterContext.newBuilder()
                .setId(context.id().value())
                .setLanguage(context.language())
                .setCwd(context.directory())
                .setState(
                        switch (context.state()) {
                            case STARTING -> ContextState.CONTEXT_STATE_STARTING;
                            case IDLE -> ContextState.CONTEXT_STATE_IDLE;
                            case BUSY -> ContextState.CONTEXT_STATE_BUSY;
                            case DEAD -> ContextState.CONTEXT_STATE_DEAD;
                        })
                .setCreated(SandboxProtos.timestamp(context.created()))
                .setRunningCell(context.runningCell())
                .setQueuedCells(context.queuedCells())
                .setMemoryBytes(context.memoryBytes())
                .setNextEvent(context.nextEvent())
                .setShared(context.isShared())
                .build();
    }

    static ListContextsResponse contexts(ContextList list) {
        return ListContextsResponse.newBuilder()
                .addAllContexts(
                        list.contexts().stream().map(InterpreterProtos::context).toList())
                .addAllLanguages(list.languages())
                .build();
    }

    static InspectContextResponse variables(ContextVariables variables) {
        return InspectContextResponse.newBuilder()
                .addAllVariables(variables.variables().stream()
                        .map(InterpreterProtos::variable)
                        .toList())
                .setTruncated(variables.truncated())
                .build();
    }

    private static ContextVariable variable(ContextVariables.Variable variable) {
        ContextVariable.Builder message = ContextVariable.newBuilder()
                .setName(variable.name())
                .setType(variable.type())
                .addAllShape(variable.shape())
                .setText(variable.text());
        variable.length().ifPresent(message::setLength);
        return message.build();
    }

    /** Returns the message of an event. It refers to the data, and must be serialized before the next event. */
    static io.neurovisor.proto.sandbox.CellEvent event(ContextId context, CellEvent event) {
        io.neurovisor.proto.sandbox.CellEvent.Builder message = io.neurovisor.proto.sandbox.CellEvent.newBuilder()
                .setNumber(event.number())
                .setCell(event.cell());
        switch (event.content()) {
            case CellEvent.Accepted(int ahead) ->
                message.setAccepted(CellAccepted.newBuilder()
                        .setCell(event.cell())
                        .setAhead(ahead)
                        .setContextId(context.value()));
            case CellEvent.Started() -> message.setStarted(CellStarted.getDefaultInstance());
            case CellEvent.Text(boolean isError, String text) ->
                message.setText(CellText.newBuilder()
                        .setStream(isError ? CellStream.CELL_STREAM_STDERR : CellStream.CELL_STREAM_STDOUT)
                        .setText(text));
            case CellEvent.Display display -> message.setDisplay(display(display));
            case CellEvent.DisplayData data ->
                message.setDisplayData(CellDisplayData.newBuilder()
                        .setPart(data.part())
                        .setData(UnsafeByteOperations.unsafeWrap(data.data())));
            case CellEvent.Failed(CellError error) -> message.setError(error(error));
            case CellEvent.Dropped(String mimeType, long bytes) ->
                message.setDropped(
                        CellDropped.newBuilder().setMimeType(mimeType).setSize(bytes));
            case CellEvent.InputRequested(String prompt, boolean isPassword) ->
                message.setInputRequest(
                        CellInputRequest.newBuilder().setPrompt(prompt).setPassword(isPassword));
            case CellEvent.Ended(CellEnd end) -> message.setEnded(ended(end));
            case CellEvent.Gap(long from, long to) ->
                message.setGap(CellGap.newBuilder().setFrom(from).setTo(to));
            case CellEvent.KeepAlive() -> message.setKeepAlive(CellKeepAlive.getDefaultInstance());
        }
        return message.build();
    }

    private static CellDisplay display(CellEvent.Display display) {
        return CellDisplay.newBuilder()
                .addAllParts(display.parts().stream()
                        .map(part -> DisplayPart.newBuilder()
                                .setMimeType(part.mimeType())
                                .setSize(part.sizeBytes())
                                .build())
                        .toList())
                .setDisplayId(display.displayId())
                .setUpdate(display.isUpdate())
                .setMainResult(display.isMainResult())
                .build();
    }

    private static io.neurovisor.proto.sandbox.CellError error(CellError error) {
        return io.neurovisor.proto.sandbox.CellError.newBuilder()
                .setName(error.name())
                .setValue(error.value())
                .addAllFrames(error.frames().stream()
                        .map(frame -> CellErrorFrame.newBuilder()
                                .setFile(frame.file())
                                .setLine(frame.line())
                                .setFunction(frame.function())
                                .setSource(frame.source())
                                .build())
                        .toList())
                .setTraceback(error.traceback())
                .build();
    }

    private static CellEnded ended(CellEnd end) {
        return CellEnded.newBuilder()
                .setOutcome(
                        switch (end.outcome()) {
                            case OK -> CellOutcome.CELL_OUTCOME_OK;
                            case ERROR -> CellOutcome.CELL_OUTCOME_ERROR;
                            case INTERRUPTED -> CellOutcome.CELL_OUTCOME_INTERRUPTED;
                            case TIMED_OUT -> CellOutcome.CELL_OUTCOME_TIMED_OUT;
                            case DIED -> CellOutcome.CELL_OUTCOME_DIED;
                            case DRIVER_BROKEN -> CellOutcome.CELL_OUTCOME_DRIVER_BROKEN;
                            case SKIPPED -> CellOutcome.CELL_OUTCOME_SKIPPED;
                        })
                .setVariables(
                        end.keepsVariables() ? CellVariables.CELL_VARIABLES_KEPT : CellVariables.CELL_VARIABLES_LOST)
                .setExitCode(end.exitCode())
                .setSignal(end.signal())
                .setExecutionCount(end.executionCount())
                .setDurationMs(end.duration().toNanos() / NANOS_PER_MILLISECOND)
                .setTextTruncated(end.textTruncated())
                .build();
    }
}
