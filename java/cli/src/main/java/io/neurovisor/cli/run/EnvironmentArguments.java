package io.neurovisor.cli.run;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses {@code --env}: {@code NAME=VALUE}, or {@code NAME} to pass a variable on. Error messages show no values. */
public final class EnvironmentArguments {
    private EnvironmentArguments() {}

    public static Map<String, String> parse(List<String> arguments, Map<String, String> own) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String argument : arguments) {
            int sign = argument.indexOf('=');
            String name = sign < 0 ? argument : argument.substring(0, sign);
            if (name.isEmpty()) {
                throw invalid("--env needs a name before '='; use NAME=VALUE");
            }
            variables.put(name, sign < 0 ? ownValue(name, own) : argument.substring(sign + 1));
        }
        return variables;
    }

    private static String ownValue(String name, Map<String, String> own) {
        @Nullable String value = own.get(name);
        if (value == null) {
            throw invalid("--env " + name + ": the variable is not set here; use " + name + "=VALUE");
        }
        return value;
    }

    private static NeuroVisorException invalid(String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, message);
    }
}
