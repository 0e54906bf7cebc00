package io.neurovisor.cli.console;

import io.neurovisor.server.config.NearestName;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** An argument that must be one of some names. */
public final class KnownName {
    private KnownName() {}

    /** @param what it names, for the message */
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
