package io.neurovisor.host.debian;

import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What the host's own apt is set to: a machine that can update itself can also build images. */
final class HostApt {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern ACCESS_OPTION = Pattern.compile("Acquire::(https?::.+|Retries) \"[^\"]+\";");

    private HostApt() {}

    /** Proxies, certificates and the like, as options for another apt. */
    static List<String> accessOptions() {
        return lines(ToolCommand.of("apt-config", "apt", "dump")).stream()
                .filter(line -> ACCESS_OPTION.matcher(line).matches())
                .map(line -> line.substring(0, line.length() - 1))
                .toList();
    }

    /** Lines {@code URI|suite|label} of the package indexes the host uses. */
    static List<String> targets() {
        return lines(ToolCommand.of(
                "apt-get", "apt", "indextargets", "--format", "$(REPO_URI)|$(SUITE)|$(LABEL)", "Created-By: Packages"));
    }

    /** Empty where there is no apt (mmdebstrap brings its own needs, and says so), or where it fails. */
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
