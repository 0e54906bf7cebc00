package io.neurovisor.host.doctor;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks whether a program is installed in a suitable version.
 *
 * @param oldestMajor the oldest suitable major version
 */
public record ProgramCheck(String program, String debianPackage, int oldestMajor) implements Check {
    private static final Pattern VERSION = Pattern.compile("(\\d{1,6})\\.\\d+(?:\\.\\d+)*");
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String FIX = "./neurovisor setup";

    @Override
    public Finding examine() {
        ToolCommand command = ToolCommand.of(program, debianPackage, "--version");
        Optional<Path> file = command.find();
        if (file.isEmpty()) {
            return Finding.fail(program, "not in PATH", FIX);
        }
        List<String> lines = new ArrayList<>();
        try {
            Tool.of(command).outputLines(lines::add).deadline(LIMIT).run().orThrow();
        } catch (NeuroVisorException exception) {
            return Finding.fail(program, file.get() + ": " + exception.getMessage(), FIX);
        }
        Matcher version = VERSION.matcher(String.join(" ", lines));
        if (!version.find()) {
            return Finding.fail(program, file.get() + " does not say its version", FIX);
        }
        String detail = version.group() + " (" + file.get() + ")";
        return Integer.parseInt(version.group(1)) >= oldestMajor
                ? Finding.pass(program, detail)
                : Finding.fail(program, detail + ", and at least " + oldestMajor + " is needed", FIX);
    }
}
