package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** A call's arguments, as strictly or loosely as the model has written them. */
public final class CallArguments {
    private CallArguments() {}

    /** Empty where they are no object, nor a string that holds one. */
    public static Optional<JsonNode> read(String arguments) {
        return LooseJson.object(arguments)
                .or(() -> PythonString.at(arguments.strip(), 0).flatMap(string -> LooseJson.object(string.value())));
    }
}
