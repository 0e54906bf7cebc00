package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.TableFormat;
import io.neurovisor.proto.sandbox.CreateContextRequest;
import io.neurovisor.proto.sandbox.ExecuteCellRequest;
import io.neurovisor.proto.sandbox.SendCellInputRequest;
import java.time.Duration;
import java.util.Optional;

/** Checks requests about contexts and cells. What is not allowed is {@code INVALID_ARGUMENT} with field, value and range. */
final class InterpreterRequests {
    static final int MAX_CODE_BYTES = 8 << 20;
    static final int MAX_INPUT_BYTES = 64 << 10;
    static final int MAX_LANGUAGE_CHARACTERS = 64;
    private static final String USUAL_LANGUAGE = "python";

    private InterpreterRequests() {}

    static ContextSpec context(CreateContextRequest request) {
        if (request.getShared()
                && (request.getEnvCount() > 0 || !request.getCwd().isEmpty())) {
            throw NeuroVisorException.invalid("shared", "shared excludes env and cwd");
        }
        return new ContextSpec(
                language(request.getLanguage()),
                ProcessRequests.directory(request.getCwd()),
                ProcessRequests.environment(request.getEnvMap()));
    }

    private static String language(String language) {
        if (language.isEmpty() || language.length() > MAX_LANGUAGE_CHARACTERS) {
            throw NeuroVisorException.invalid(
                    "language",
                    "language has %d characters; 1 to %d are allowed"
                            .formatted(language.length(), MAX_LANGUAGE_CHARACTERS));
        }
        return language;
    }

    static CellSpec cell(ExecuteCellRequest request) {
        atMost("code", request.getCode(), MAX_CODE_BYTES);
        Optional<Duration> timeout = ProcessRequests.timeout(request.getTimeoutSecs());
        return new CellSpec(
                request.getCode(),
                ProcessRequests.environment(request.getEnvMap()),
                ProcessRequests.directory(request.getCwd()),
                timeout,
                request.getStopOnError(),
                request.getDetach(),
                request.getStdin(),
                tables(request));
    }

    private static TableFormat tables(ExecuteCellRequest request) {
        return switch (request.getTableFormat()) {
            case TABLE_FORMAT_UNSPECIFIED, TABLE_FORMAT_JSON -> TableFormat.JSON;
            case TABLE_FORMAT_ARROW -> TableFormat.ARROW;
            case UNRECOGNIZED ->
                throw NeuroVisorException.invalid(
                        "table_format",
                        "table_format is %d; TABLE_FORMAT_JSON and TABLE_FORMAT_ARROW are allowed"
                                .formatted(request.getTableFormatValue()));
        };
    }

    /** Returns the context that a cell names. */
    static Optional<ContextId> contextOfCell(ExecuteCellRequest request) {
        if (request.getContextId().isEmpty()) {
            return Optional.empty();
        }
        if (!request.getLanguage().isEmpty()) {
            throw NeuroVisorException.invalid(
                    "language", "language is that of the context; leave it out, or context_id");
        }
        return Optional.of(new ContextId(request.getContextId()));
    }

    /** Returns the language of a cell that names no context. */
    static String languageOfCell(ExecuteCellRequest request) {
        return request.getLanguage().isEmpty() ? USUAL_LANGUAGE : language(request.getLanguage());
    }

    static String input(SendCellInputRequest request) {
        atMost("text", request.getText(), MAX_INPUT_BYTES);
        if (request.getEnd() && !request.getText().isEmpty()) {
            throw NeuroVisorException.invalid("end", "end excludes text");
        }
        return request.getText();
    }

    private static void atMost(String field, String text, int most) {
        int bytes = ByteString.copyFromUtf8(text).size();
        if (bytes > most) {
            throw NeuroVisorException.invalid(field, "%s has %d bytes; %d are allowed".formatted(field, bytes, most));
        }
    }
}
