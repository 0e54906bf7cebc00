package io.neurovisor.host.debian;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The settings of the host's apt, so that a host that can update itself can also build images. */
final class HostApt {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern ACCESS_OPTION = Pattern.compile("Acquire::(https?::.+|Retries) \"[^\"]+\";");

    private HostApt() {}

    /** Returns proxies, certificates and similar settings as options for another apt. */
    static List<String> accessOptions() {
        return lines(ToolCommand.of("apt-config", "apt", "dump")).stream()
                .filter(line -> ACCESS_OPTION.matcher(line).matches())
                .map(line -> line.substring(0, line.length() - 1))
                .toList();
    }

    /** Returns lines {@code URI|suite|label} of the package indexes that the host uses. */
    static List<String> targets() {
        return lines(ToolCommand.of(
                "apt-get", "apt", "indextargets", "--format", "$(REPO_URI)|$(SUITE)|$(LABEL)", "Created-By: Packages"));
    }

    /** Returns no lines if apt is missing or fails: mmdebstrap then reports what it lacks. */
    private static List<String> lines(ToolCommand command) {
        if (command.find().isEmpty()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        boolean failed =
                Tool.of(command).deadline(LIMIT).outputLines(lines::add).run().failed();
        return failed ? List.of() : List.copyOf(lines);
    }
}
