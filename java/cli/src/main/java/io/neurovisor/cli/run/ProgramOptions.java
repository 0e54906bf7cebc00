package io.neurovisor.cli.run;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Program;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options about the program and its input. */
public final class ProgramOptions {
    @Option(
            names = {"-l", "--language"},
            paramLabel = "LANGUAGE",
            description = "python (python3), bash (sh, shell), javascript (node, js), go (golang) or rust (rs)."
                    + " Default: from FILE's suffix or #! line.")
    private @Nullable String language;

    @Option(names = "-c", paramLabel = "CODE", description = "The program's text, instead of FILE.")
    private @Nullable String code;

    @Option(
            names = "--stdin",
            description = "Pass standard input on to the program, up to 64 MiB; it is read to its end first.")
    private boolean stdin;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description =
                    "Set a variable of the program's environment, or pass on one of this environment. Repeatable.")
    private List<String> variables = List.of();

    @Option(
            names = "--file",
            paramLabel = "HOST[:GUEST]",
            description =
                    "Place a file, or all files of a directory, into the program's working directory: at most 1000"
                            + " with 64 MiB in all, no links. GUEST that ends with / is a directory. Repeatable.")
    private List<String> files = List.of();

    @Option(
            names = "--plain",
            description =
                    "Start an interpreter for this program instead of using the one that the template holds ready.")
    private boolean plain;

    @Parameters(
            paramLabel = "FILE ARGS",
            arity = "0..*",
            description = "The program's file (- for standard input), then the program's arguments.")
    private List<String> positionals = List.of();

    /** Reads the program with its input files, variables and standard input. */
    Program program(Launch launch) {
        Map<String, String> environment =
                EnvironmentArguments.parse(variables, launch.environment().variables());
        ProgramSource source = new ProgramSource(language, code, positionals, launch.in());
        if (stdin && source.isStandardInput()) {
            throw invalid("standard input cannot be both the program and its input; leave out --stdin or name a FILE");
        }
        Program text = source.program();
        return new Program(
                text.language(),
                text.code(),
                text.arguments(),
                environment,
                stdin ? standardInput(launch.in()) : ByteBuffer.allocate(0),
                new FileArguments(files).read(),
                plain ? Interpreter.PLAIN : Interpreter.WARM);
    }

    private static ByteBuffer standardInput(InputStream input) {
        try {
            byte[] bytes = input.readNBytes(Program.MAX_STDIN_BYTES + 1);
            if (bytes.length > Program.MAX_STDIN_BYTES) {
                throw invalid("standard input holds more than " + Program.MAX_STDIN_BYTES
                        + " bytes (64 MiB), the limit for a program's input");
            }
            return ByteBuffer.wrap(bytes);
        } catch (IOException exception) {
            throw invalid("standard input cannot be read: " + exception.getMessage());
        }
    }

    private static NeuroVisorException invalid(String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, message);
    }
}
