package io.neurovisor.tests.hostile.programs;

import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.tests.fixtures.FinishedProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Checks that a hostile program was contained. Each attempt must report how it was refused; silence is not containment.
 */
final class HostileJudge {
    private static final int SHOWN_CHARACTERS = 300;
    private static final String ESCAPED = "ESCAPED";
    private static final String DRAWN = "DRAWN ";

    private HostileJudge() {}

    /** Returns the deviations from containment; empty if there are none. */
    static List<String> objections(HostileHeader expected, FinishedProgram end) {
        List<String> objections = new ArrayList<>(end(expected, end.result().exit()));
        Stream.of(end.stdout(), end.stderr())
                .flatMap(String::lines)
                .filter(line -> line.contains(ESCAPED))
                .forEach(line -> objections.add("it says: " + shown(line)));
        if (expected.bytes() < 0) {
            objections.addAll(lines(expected.lines(), end.stdout().lines().toList()));
        } else if (end.stdoutBytes().length != expected.bytes()) {
            objections.add("it printed " + end.stdoutBytes().length + " bytes, not " + expected.bytes());
        }
        objections.addAll(home(expected, end));
        return objections;
    }

    /** Returns the lines that two runs must not share. */
    static List<String> shared(FinishedProgram first, FinishedProgram second) {
        List<String> drawn =
                first.stdout().lines().filter(line -> line.startsWith(DRAWN)).toList();
        TreeSet<String> both = new TreeSet<>(drawn);
        both.retainAll(second.stdout().lines().toList());
        return both.stream().map(line -> "both machines have " + shown(line)).toList();
    }

    private static List<String> end(HostileHeader expected, ProgramExit exit) {
        List<String> objections = new ArrayList<>();
        if (exit.outcome() != expected.outcome()) {
            objections.add("it ended as " + exit.outcome() + ", not as " + expected.outcome());
        } else if (exit.outcome() == Outcome.COMPLETED && exit.exitCode() != expected.exitCode()) {
            objections.add("its exit code is " + exit.exitCode() + ", not " + expected.exitCode());
        }
        String killed = exit.details().killedProcess();
        if (!expected.killed().map(name -> name.matcher(killed).matches()).orElse(killed.isEmpty())) {
            objections.add("the kernel killed '" + shown(killed) + "' because of its memory");
        }
        if (exit.outcome() == Outcome.COMPLETED && exit.details().backgroundProcesses() != expected.left()) {
            objections.add("it left " + exit.details().backgroundProcesses() + " processes, not " + expected.left());
        }
        return objections;
    }

    private static List<String> lines(List<Pattern> expected, List<String> lines) {
        List<String> objections = new ArrayList<>();
        for (int i = 0; i < Math.max(expected.size(), lines.size()); i++) {
            String line = i < lines.size() ? lines.get(i) : "";
            if (i >= expected.size()) {
                objections.add("unexpected: " + shown(line));
            } else if (!expected.get(i).matcher(line).matches()) {
                objections.add("line " + (i + 1) + " is '" + shown(line) + "', not " + expected.get(i));
            }
        }
        return objections;
    }

    private static List<String> home(HostileHeader expected, FinishedProgram end) {
        List<String> objections = new ArrayList<>();
        List<String> files = new TreeSet<>(end.files().keySet()).stream().toList();
        if (expected.fileCount() >= 0) {
            if (files.size() != expected.fileCount()) {
                objections.add(files.size() + " files were returned, not " + expected.fileCount());
            }
        } else if (!files.equals(expected.files())) {
            objections.add("the files " + files + " were returned, not " + expected.files());
        }
        List<String> reasons = end.result().exit().details().skippedFiles().stream()
                .map(file -> file.reason())
                .toList();
        if (expected.fileCount() >= 0) {
            reasons = reasons.stream().distinct().toList();
        }
        if (!reasons.equals(expected.skipped())) {
            objections.add("files were left for being " + reasons + ", not " + expected.skipped());
        }
        return objections;
    }

    private static String shown(String text) {
        String harmless = text.replaceAll("[^ -~]", "?");
        return harmless.substring(0, Math.min(SHOWN_CHARACTERS, harmless.length()));
    }
}
