package io.neurovisor.host.protocol;

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
import io.neurovisor.proto.sandbox.AttachCellRequest;
import io.neurovisor.proto.sandbox.CellEnded;
import io.neurovisor.proto.sandbox.CellStream;
import io.neurovisor.proto.sandbox.CellVariables;
import io.neurovisor.proto.sandbox.ContextVariable;
import io.neurovisor.proto.sandbox.CreateContextRequest;
import io.neurovisor.proto.sandbox.ExecuteCellRequest;
import io.neurovisor.proto.sandbox.InspectContextResponse;
import io.neurovisor.proto.sandbox.InterpreterContext;
import io.neurovisor.proto.sandbox.ListContextsResponse;
import io.neurovisor.proto.sandbox.TableFormat;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * Translates between messages about contexts and cells and the engine's values, for those that call an interpreter. Texts of a
 * guest are untrusted.
 */
public final class CellMessages {
    private static final double NANOS_PER_MILLI = 1e6;

    private CellMessages() {}

    /**
     * Returns the request for a context.
     *
     * @param sandbox is empty in requests to a guest
     */
    public static CreateContextRequest create(String sandbox, ContextSpec spec) {
        return CreateContextRequest.newBuilder()
                .setSandboxId(sandbox)
                .setLanguage(spec.language())
                .setCwd(spec.directory().orElse(""))
                .putAllEnv(spec.environment())
                .build();
    }

    /**
     * Returns the request for the shared context of a language.
     *
     * @param sandbox is empty in requests to a guest
     */
    public static CreateContextRequest shared(String sandbox, String language) {
        return CreateContextRequest.newBuilder()
                .setSandboxId(sandbox)
                .setLanguage(language)
                .setShared(true)
                .build();
    }

    /**
     * Returns the request for a cell.
     *
     * @param sandbox is empty in requests to a guest
     */
    public static ExecuteCellRequest execute(String sandbox, ContextId context, CellSpec cell) {
        return ExecuteCellRequest.newBuilder()
                .setSandboxId(sandbox)
                .setContextId(context.value())
                .setCode(cell.code())
                .putAllEnv(cell.environment())
                .setCwd(cell.directory().orElse(""))
                .setTimeoutSecs(
                        Math.toIntExact(cell.timeout().map(Duration::toSeconds).orElse(0L)))
                .setStopOnError(cell.stopOnError())
                .setDetach(cell.isDetached())
                .setStdin(cell.hasInput())
                .setTableFormat(
                        switch (cell.tables()) {
                            // What agents without the field send.
                            case JSON -> TableFormat.TABLE_FORMAT_UNSPECIFIED;
                            case ARROW -> TableFormat.TABLE_FORMAT_ARROW;
                        })
                .build();
    }

    /**
     * Returns the request to attach to a cell.
     *
     * @param sandbox is empty in requests to a guest
     */
    public static AttachCellRequest attach(String sandbox, ContextId context, long cell, long fromEvent) {
        return AttachCellRequest.newBuilder()
                .setSandboxId(sandbox)
                .setContextId(context.value())
                .setCell(cell)
                .setFromEvent(fromEvent)
                .build();
    }

    /** Translates a context; throws {@code INVALID_ARGUMENT} if it has no proper id. */
    public static ContextInfo info(InterpreterContext context) {
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
                Instant.ofEpochSecond(Math.clamp(context.getCreated().getSeconds(), 0, Instant.MAX.getEpochSecond())),
                context.getRunningCell(),
                context.getQueuedCells(),
                context.getMemoryBytes(),
                context.getNextEvent(),
                context.getShared());
    }

    /** Translates a list; throws {@code INVALID_ARGUMENT} if a context has no proper id. */
    public static ContextList list(ListContextsResponse response) {
        return new ContextList(
                response.getContextsList().stream().map(CellMessages::info).toList(),
                response.getLanguagesList().stream().map(GuestText::line).toList());
    }

    public static ContextVariables variables(InspectContextResponse response) {
        return new ContextVariables(
                response.getVariablesList().stream().map(CellMessages::variable).toList(), response.getTruncated());
    }

    private static ContextVariables.Variable variable(ContextVariable variable) {
        return new ContextVariables.Variable(
                variable.getName(),
                variable.getType(),
                variable.hasLength() ? OptionalLong.of(variable.getLength()) : OptionalLong.empty(),
                variable.getShapeList(),
                variable.getText());
    }

    /** Translates an event, which is not empty. */
    public static CellEvent event(io.neurovisor.proto.sandbox.CellEvent event) {
        return new CellEvent(event.getNumber(), event.getCell(), content(event));
    }

    private static CellEvent.Content content(io.neurovisor.proto.sandbox.CellEvent event) {
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

    private static CellEvent.Display display(io.neurovisor.proto.sandbox.CellDisplay display) {
        return new CellEvent.Display(
                display.getPartsList().stream()
                        .map(part -> new CellEvent.Part(part.getMimeType(), part.getSize()))
                        .toList(),
                display.getDisplayId(),
                display.getUpdate(),
                display.getMainResult());
    }

    private static CellError error(io.neurovisor.proto.sandbox.CellError error) {
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
