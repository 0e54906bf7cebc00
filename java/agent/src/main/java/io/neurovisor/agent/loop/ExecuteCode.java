package io.neurovisor.agent.loop;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.agent.calls.CallArguments;
import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import java.util.Optional;
import java.util.Set;

/** The only tool of a model. Errors in a call are described such that a model can correct them. */
public final class ExecuteCode {
    public static final String NAME = "execute_code";
    public static final String LANGUAGE = "language";
    public static final String CODE = "code";
    public static final Set<String> NAMES = Set.of(NAME);

    private static final String EXAMPLE =
            "{\"name\": \"execute_code\", \"arguments\": {\"language\": \"python\", \"code\": \"print(6 * 7)\"}}";
    private static final int QUOTED_CHARACTERS = 80;

    /** The result of checking a call. */
    sealed interface Checked {
        /** A call that can be executed. */
        record Valid(CodeRequest request) implements Checked {}

        /** A call that cannot be executed, with the error message for the model. */
        record Wrong(String message) implements Checked {}
    }

    private ExecuteCode() {}

    static Checked check(CodeTool tool, ToolCall call, TraceId traceId) {
        if (call.name().isEmpty()) {
            return wrong("the tool call could not be read; write it like this: " + EXAMPLE);
        }
        if (!NAMES.contains(call.name())) {
            return wrong("there is no tool \"" + quoted(call.name()) + "\"; the only one is " + NAME);
        }
        Optional<JsonNode> arguments = CallArguments.read(call.arguments());
        if (arguments.isEmpty()) {
            return wrong("the arguments are not a JSON object; write the call like this: " + EXAMPLE);
        }
        String code = arguments.get().path(CODE).asText("");
        if (!arguments.get().path(CODE).isTextual() || code.isBlank()) {
            return wrong("argument \"code\" is missing or empty; give the whole program as a string");
        }
        return checked(tool, arguments.get().path(LANGUAGE), code, traceId);
    }

    private static Checked checked(CodeTool tool, JsonNode language, String code, TraceId traceId) {
        if (!language.isTextual() || language.asText().isBlank()) {
            return wrong("argument \"language\" is missing; use one of " + tool.known());
        }
        try {
            Language known = Language.named(language.asText());
            if (!tool.languages().contains(known)) {
                return wrong("language \"" + known.label() + "\" has no interpreter; use one of " + tool.known());
            }
            // Program checks the size and the characters.
            return new Checked.Valid(new CodeRequest(traceId, known, new Program(known, code).code()));
        } catch (NeuroVisorException exception) {
            return wrong(String.valueOf(exception.getMessage()));
        }
    }

    private static Checked wrong(String message) {
        return new Checked.Wrong("error: " + message);
    }

    private static String quoted(String text) {
        return text.length() > QUOTED_CHARACTERS ? text.substring(0, QUOTED_CHARACTERS) + "..." : text;
    }
}
