package io.neurovisor.host.qemu;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds QEMU on a search path, in a version that supports templates.
 *
 * @param searchPath directories separated as in {@code PATH}
 */
public record QemuLocator(String searchPath, ProbeCache cache) {
    /** Restoring from a file without a shell needs 8.2; the tests run with 10. */
    public static final int OLDEST_MAJOR = 10;

    public static final String NAME = "qemu-system-x86_64";
    private static final Pattern VERSION = Pattern.compile("version (\\d+)\\.(\\d+)\\.(\\d+)");

    public QemuProgram locate() {
        Path executable = Arrays.stream(searchPath.split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, NAME))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.VMM_MISSING,
                        NAME + " is not in PATH (" + searchPath + "); install it with ./neurovisor setup"));
        return new QemuProgram(executable, supported(executable, version(executable)));
    }

    private String version(Path executable) {
        String key = "qemu / " + executable + " / " + ProbeCache.fingerprint(executable);
        return cache.get(key).orElseGet(() -> {
            String version = askVersion(executable);
            cache.put(key, version);
            return version;
        });
    }

    private static String askVersion(Path executable) {
        String text = String.join(
                " ",
                Tool.of(ToolCommand.of(executable.toString(), "qemu-system-x86", "--version"))
                        .lines());
        Matcher matcher = VERSION.matcher(text);
        if (!matcher.find()) {
            throw new NeuroVisorException(
                    Fault.VMM_MISSING, executable + " does not say its version: \"" + text.strip() + "\"");
        }
        return matcher.group(1) + "." + matcher.group(2) + "." + matcher.group(3);
    }

    private static String supported(Path executable, String version) {
        if (Integer.parseInt(version.substring(0, version.indexOf('.'))) < OLDEST_MAJOR) {
            throw new NeuroVisorException(
                    Fault.VMM_MISSING,
                    executable + " is version " + version + " and at least " + OLDEST_MAJOR
                            + " is needed; ./neurovisor setup installs it");
        }
        return version;
    }
}
