package io.neurovisor.tests.commandline;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Commands, each after a dollar sign, with what they print. Lines after a hash sign are remarks about the next command.
 *
 * @param steps the commands in order
 */
record Transcript(List<Step> steps) {
    private static final String PROMPT = "$ ";
    private static final String REMARK = "# ";
    private static final String VARIES = REMARK + "Depends on the machine:";

    /** The values that differ from run to run, most specific first, with their placeholders. */
    private static final List<Map.Entry<Pattern, String>> PLACEHOLDERS = List.of(
            value("\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|\\b)", "TIME"),
            value("\\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\b", "UUID"),
            value("\\bvm-[0-9a-f]{16}\\b", "vm-ID"),
            value("\\bnvk_[\\w-]+", "nvk_KEY"),
            value("\\b(?=[a-z0-9]*\\d)(?=[a-z0-9]*[a-z])[a-z0-9]{20}\\b", "SANDBOX"),
            value("\\b[0-9a-f]{12,64}\\b", "DIGEST"),
            value("\\bneurovisor \\d+\\.\\d+\\.\\d+ \\(Java [^)]*\\)", "neurovisor VERSION"),
            value("\\b(qemu \\d+\\.\\d+\\.\\d+ \\(\\w+\\)|firecracker \\d+\\.\\d+\\.\\d+)", "VMM"),
            value("\\bprocess \\d+", "process PID"),
            value("\\b\\d+(\\.\\d+)? ?ms\\b", "N ms"),
            value("_ms\":[0-9.]+", "_ms\":N"),
            value("\\b\\d+\\.\\d+ ?s\\b", "N s"),
            value("\\b\\d+(\\.\\d+)? (KiB|MiB|GiB|bytes)\\b", "N $2"),
            value(" {2,}", "  "),
            value("^\\d+  ", "PID  "));

    /** Lines that a machine without KVM prints about each guest, and a busy machine about what takes long. */
    private static final List<String> SOMETIMES = List.of("neurovisor: no KVM: ", "neurovisor: Copying");

    /** A command with the remarks before it and the lines that it prints. */
    record Step(List<String> remarks, String command, List<String> output) {
        /** Whether the output is only recorded, because other machines print other lines. */
        private boolean varies() {
            return remarks.stream().anyMatch(remark -> remark.startsWith(VARIES));
        }

        /** Returns the same command with what it has printed now. */
        Step printing(List<String> lines) {
            return new Step(remarks, command, lines);
        }

        private String compared() {
            return PROMPT + command + "\n"
                    + output.stream()
                            .filter(line -> !varies() && SOMETIMES.stream().noneMatch(line::startsWith))
                            .map(line -> line + "\n")
                            .collect(Collectors.joining());
        }
    }

    private static Map.Entry<Pattern, String> value(String pattern, String placeholder) {
        return Map.entry(Pattern.compile(pattern), placeholder);
    }

    static Transcript of(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith(REMARK)) {
                remarks.add(line);
            } else if (line.startsWith(PROMPT)) {
                steps.add(new Step(List.copyOf(remarks), line.substring(PROMPT.length()), new ArrayList<>()));
                remarks.clear();
            } else {
                steps.getLast().output().add(line);
            }
        }
        return new Transcript(steps);
    }

    /** Returns the line with placeholders for the values that differ from run to run. */
    static String normalized(String line) {
        String text = line;
        for (Map.Entry<Pattern, String> value : PLACEHOLDERS) {
            text = value.getKey().matcher(text).replaceAll(value.getValue());
        }
        return text.stripTrailing();
    }

    /** Returns the whole text, as it is committed. */
    String text() {
        return steps.stream()
                .flatMap(step -> Stream.of(step.remarks(), List.of(PROMPT + step.command()), step.output())
                        .flatMap(List::stream))
                .map(line -> line + "\n")
                .collect(Collectors.joining());
    }

    /** Returns what is the same on each machine. */
    String compared() {
        return steps.stream().map(Step::compared).collect(Collectors.joining());
    }
}
