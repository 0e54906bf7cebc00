package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Reads the arguments of a call, from strict or loose JSON. */
public final class CallArguments {
    private CallArguments() {}

    /** Returns the arguments as a JSON object; empty if they are neither an object nor a string that contains one. */
    public static Optional<JsonNode> read(String arguments) {
        return LooseJson.object(arguments)
                .or(() -> PythonString.at(arguments.strip(), 0).flatMap(string -> LooseJson.object(string.value())));
    }
}
