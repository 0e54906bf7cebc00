package io.neurovisor.cli.console;

import io.neurovisor.server.setting.NearestName;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks an argument that must be one of several names. */
public final class KnownName {
    private KnownName() {}

    /**
     * Returns the name if it is known.
     *
     * @param what the kind of thing that it names, for the error message
     * @throws ParameterException if it is unknown; the message suggests the nearest name
     */
    public static String of(String name, String what, List<String> names, CommandSpec spec) {
        if (names.contains(name)) {
            return name;
        }
        throw new ParameterException(
                spec.commandLine(),
                what + " \"" + name + "\" is not known"
                        + NearestName.of(name, names)
                                .map(near -> "; did you mean " + near + "?")
                                .orElse("; known are " + String.join(", ", names)));
    }
}
