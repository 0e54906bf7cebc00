package io.neurovisor.host.guestlink;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellOutcome;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.ContextList;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextState;
import io.neurovisor.engine.interpreter.ContextVariables;
import io.neurovisor.host.message.GuestText;
import io.neurovisor.proto.guest.CellEnded;
import io.neurovisor.proto.guest.CellStart;
import io.neurovisor.proto.guest.CellStream;
import io.neurovisor.proto.guest.CellVariables;
import io.neurovisor.proto.guest.ContextVariable;
import io.neurovisor.proto.guest.CreateContextRequest;
import io.neurovisor.proto.guest.InspectContextResponse;
import io.neurovisor.proto.guest.InterpreterContext;
import io.neurovisor.proto.guest.ListContextsResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;

/** Translates between messages about contexts and cells and the engine's values. Messages of a guest are untrusted. */
final class GuestCellMessages {
    private static final double NANOS_PER_MILLI = 1e6;

    private GuestCellMessages() {}

    static CreateContextRequest request(ContextSpec spec) {
        return CreateContextRequest.newBuilder()
                .setLanguage(spec.language())
                .setCwd(spec.directory().orElse(""))
                .putAllEnv(spec.environment())
                .build();
    }

    static CellStart start(ContextId context, CellSpec cell) {
        return CellStart.newBuilder()
                .setContextId(context.value())
                .setCode(cell.code())
                .putAllEnv(cell.environment())
                .setCwd(cell.directory().orElse(""))
                .setTimeoutSecs(
                        Math.toIntExact(cell.timeout().map(Duration::toSeconds).orElse(0L)))
                .setStopOnError(cell.stopOnError())
                .setDetach(cell.isDetached())
                .setStdin(cell.hasInput())
                .build();
    }

    static ContextInfo info(GuestConnection connection, InterpreterContext context) {
        try {
            return new ContextInfo(
                    new ContextId(context.getId()),
                    GuestText.line(context.getLanguage()),
                    GuestText.line(context.getCwd()),
                    switch (context.getState()) {
                        case CONTEXT_STATE_STARTING -> ContextState.STARTING;
                        case CONTEXT_STATE_IDLE -> ContextState.IDLE;
                        case CONTEXT_STATE_BUSY -> ContextState.BUSY;
                        case CONTEXT_STATE_DEAD, CONTEXT_STATE_UNSPECIFIED, UNRECOGNIZED -> ContextState.DEAD;
                    },
                    Instant.ofEpochSecond(
                            Math.clamp(context.getCreated().getSeconds(), 0, Instant.MAX.getEpochSecond())),
                    context.getRunningCell(),
                    context.getQueuedCells(),
                    context.getMemoryBytes(),
                    context.getNextEvent());
        } catch (NeuroVisorException malformed) {
            throw connection.violated("sent a context without an id");
        }
    }

    static ContextList list(GuestConnection connection, ListContextsResponse response) {
        return new ContextList(
                response.getContextsList().stream()
                        .map(context -> info(connection, context))
                        .toList(),
                response.getLanguagesList().stream().map(GuestText::line).toList());
    }

    static ContextVariables variables(InspectContextResponse response) {
        return new ContextVariables(
                response.getVariablesList().stream()
                        .map(GuestCellMessages::variable)
                        .toList(),
                response.getTruncated());
    }

    private static ContextVariables.Variable variable(ContextVariable variable) {
        return new ContextVariables.Variable(
                variable.getName(),
                variable.getType(),
                variable.hasLength() ? OptionalLong.of(variable.getLength()) : OptionalLong.empty(),
                variable.getShapeList(),
                variable.getText());
    }

    /** Translates an event that {@link GrpcCellEvents.Rules} has accepted. */
    static CellEvent event(io.neurovisor.proto.guest.CellEvent event) {
        return new CellEvent(event.getNumber(), event.getCell(), content(event));
    }

    private static CellEvent.Content content(io.neurovisor.proto.guest.CellEvent event) {
        return switch (event.getEventCase()) {
            case ACCEPTED -> new CellEvent.Accepted(event.getAccepted().getAhead());
            case STARTED -> new CellEvent.Started();
            case TEXT ->
                new CellEvent.Text(
                        event.getText().getStream() == CellStream.CELL_STREAM_STDERR,
                        event.getText().getText());
            case DISPLAY -> display(event.getDisplay());
            case DISPLAY_DATA ->
                new CellEvent.DisplayData(
                        event.getDisplayData().getPart(),
                        event.getDisplayData().getData().asReadOnlyByteBuffer());
            case ERROR -> new CellEvent.Failed(error(event.getError()));
            case DROPPED ->
                new CellEvent.Dropped(
                        event.getDropped().getMimeType(), event.getDropped().getSize());
            case INPUT_REQUEST ->
                new CellEvent.InputRequested(
                        event.getInputRequest().getPrompt(),
                        event.getInputRequest().getPassword());
            case ENDED -> new CellEvent.Ended(end(event.getEnded()));
            case GAP ->
                new CellEvent.Gap(event.getGap().getFrom(), event.getGap().getTo());
            case KEEP_ALIVE -> new CellEvent.KeepAlive();
            case EVENT_NOT_SET -> throw new IllegalArgumentException("an event without content was accepted");
        };
    }

    private static CellEvent.Display display(io.neurovisor.proto.guest.CellDisplay display) {
        return new CellEvent.Display(
                display.getPartsList().stream()
                        .map(part -> new CellEvent.Part(part.getMimeType(), part.getSize()))
                        .toList(),
                display.getDisplayId(),
                display.getUpdate(),
                display.getMainResult());
    }

    private static CellError error(io.neurovisor.proto.guest.CellError error) {
        return new CellError(
                error.getName(),
                error.getValue(),
                error.getFramesList().stream()
                        .map(frame -> new CellError.Frame(
                                frame.getFile(), frame.getLine(), frame.getFunction(), frame.getSource()))
                        .toList(),
                error.getTraceback());
    }

    private static CellEnd end(CellEnded ended) {
        return new CellEnd(
                switch (ended.getOutcome()) {
                    case CELL_OUTCOME_OK -> CellOutcome.OK;
                    case CELL_OUTCOME_ERROR -> CellOutcome.ERROR;
                    case CELL_OUTCOME_INTERRUPTED -> CellOutcome.INTERRUPTED;
                    case CELL_OUTCOME_TIMED_OUT -> CellOutcome.TIMED_OUT;
                    case CELL_OUTCOME_DIED -> CellOutcome.DIED;
                    case CELL_OUTCOME_SKIPPED -> CellOutcome.SKIPPED;
                    case CELL_OUTCOME_DRIVER_BROKEN, CELL_OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
                        CellOutcome.DRIVER_BROKEN;
                },
                ended.getVariables() == CellVariables.CELL_VARIABLES_KEPT,
                ended.getExitCode(),
                ended.getSignal(),
                ended.getExecutionCount(),
                Duration.ofNanos((long) (Math.max(0, ended.getDurationMs()) * NANOS_PER_MILLI)),
                ended.getTextTruncated());
    }
}
