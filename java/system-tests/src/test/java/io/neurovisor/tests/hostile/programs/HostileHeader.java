package io.neurovisor.tests.hostile.programs;

import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the comment at the top of a hostile program says. Its first line says what the program attempts. A line that
 * begins with {@code @} is a directive, other lines are for readers:
 *
 * <pre>
 * # Loads a program into the kernel by the number of the call.
 * # @promise guest account       the row of SECURITY.md that it attacks
 * # @layer guest                 what is to stop it: 1 to 6, guest or agent
 * # @refused bpf EPERM ENOSYS    it prints that this attempt ended in one of these errors
 * # @held processes \d+          it prints that something is as promised; the value is a pattern
 * # @line \d+ more               it prints a line of that pattern
 * # @bytes 67108864              or so many bytes, which are not looked at
 * # @outcome TIMED_OUT           how the execution ends; COMPLETED when not given
 * # @exit 3                      the exit code of one that completes, 0 when not given
 * # @killed python3              the process that the kernel killed for want of memory, a pattern
 * # @left 2                      so many processes were left by it, and killed
 * # @file good                   this comes home from out/, and nothing that is not named
 * # @files 1000                 so many come home, whatever their names; each @skipped is for any number then
 * # @skipped is a symbolic link  this is why something in out/ did not
 * # @env NAME=value              one variable, as often as wanted
 * # @given path content          a file beside the program
 * # @timeout 10                  in seconds, 60 when not given
 * # @twice                       runs in two machines, which must not print the same line beginning with DRAWN
 * # @short                       one of the short tier
 * </pre>
 *
 * <p>The lines that it prints are given in their order, and it may print no others: an attempt that nobody expects,
 * and one that is not told of, are as bad as one that works.
 */
final class HostileHeader {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final List<Pattern> lines = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Map<String, String> given = new LinkedHashMap<>();
    private final TreeSet<String> files = new TreeSet<>();
    private final List<String> skipped = new ArrayList<>();
    private final String title;
    private String promise = "";
    private Optional<StoppedBy> stoppedBy = Optional.empty();
    private Optional<Pattern> killed = Optional.empty();
    private Outcome outcome = Outcome.COMPLETED;
    private Duration timeout = TIMEOUT;
    private int exitCode;
    private int left;
    private long bytes = -1;
    private int fileCount = -1;
    private boolean twice;
    private boolean inShortTier;

    /**
     * Reads the header of a program's text.
     *
     * @param marker how the language begins a comment
     */
    HostileHeader(String text, String marker) {
        List<String> header = text.lines()
                .takeWhile(line -> line.startsWith(marker))
                .map(line -> line.substring(marker.length()).strip())
                .toList();
        title = header.isEmpty() ? "" : header.getFirst();
        header.stream().skip(1).filter(line -> line.startsWith("@")).forEach(this::directive);
        if (lines.isEmpty() && bytes < 0) {
            throw new IllegalArgumentException("nothing that it prints would show that it was contained");
        }
        if (stoppedBy.isEmpty() || promise.isEmpty()) {
            throw new IllegalArgumentException("@layer and @promise are not both there");
        }
    }

    String title() {
        return title;
    }

    String promise() {
        return promise;
    }

    StoppedBy stoppedBy() {
        return stoppedBy.orElseThrow();
    }

    /** Of each line that it prints, in their order. */
    List<Pattern> lines() {
        return lines;
    }

    /** How much it prints, where its lines are not looked at; else negative. */
    long bytes() {
        return bytes;
    }

    Outcome outcome() {
        return outcome;
    }

    int exitCode() {
        return exitCode;
    }

    Optional<Pattern> killed() {
        return killed;
    }

    int left() {
        return left;
    }

    /** The paths of the files that come home, sorted. */
    List<String> files() {
        return List.copyOf(files);
    }

    /** How many files come home, where their names are not looked at; else negative. */
    int fileCount() {
        return fileCount;
    }

    List<String> skipped() {
        return skipped;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** Those that it asks for, and after them the library of its language. */
    List<InputFile> given(InputFile library) {
        return Stream.concat(
                        given.entrySet().stream()
                                .map(file -> new InputFile(
                                        file.getKey(), StandardCharsets.UTF_8.encode(file.getValue()), false)),
                        Stream.of(library))
                .toList();
    }

    Duration timeout() {
        return timeout;
    }

    boolean isTwice() {
        return twice;
    }

    boolean isInShortTier() {
        return inShortTier;
    }

    private void directive(String line) {
        String[] parts = line.split(" ", 2);
        String value = parts.length < 2 ? "" : parts[1].strip();
        switch (parts[0]) {
            case "@promise" -> promise = value;
            case "@layer" -> stoppedBy = Optional.of(StoppedBy.labelled(value));
            case "@refused" -> lines.add(refused(value));
            case "@held" -> lines.add(Pattern.compile("HELD " + value));
            case "@line" -> lines.add(Pattern.compile(value));
            case "@bytes" -> bytes = Long.parseLong(value);
            case "@outcome" -> outcome = Outcome.valueOf(value);
            case "@exit" -> exitCode = Integer.parseInt(value);
            case "@killed" -> killed = Optional.of(Pattern.compile(value));
            case "@left" -> left = Integer.parseInt(value);
            case "@file" -> files.add(value);
            case "@files" -> fileCount = Integer.parseInt(value);
            case "@skipped" -> skipped.add(value);
            case "@env" -> addPair(environment, value, "=", UnaryOperator.identity());
            case "@given" -> addPair(given, value, " ", content -> content.translateEscapes() + "\n");
            case "@timeout" -> timeout = Duration.ofSeconds(Long.parseLong(value));
            case "@twice" -> twice = true;
            case "@short" -> inShortTier = true;
            default -> throw new IllegalArgumentException(parts[0] + " is no directive");
        }
    }

    /** What was attempted is one word, the errors are the others. */
    private static Pattern refused(String value) {
        List<String> words = List.of(value.split(" +"));
        if (words.size() < 2) {
            throw new IllegalArgumentException("@refused names no error: " + value);
        }
        return Pattern.compile("REFUSED " + Pattern.quote(words.getFirst()) + " ("
                + String.join("|", words.subList(1, words.size())) + ")");
    }

    private static void addPair(
            Map<String, String> pairs, String value, String separator, UnaryOperator<String> content) {
        int end = value.indexOf(separator);
        if (end < 1 || pairs.put(value.substring(0, end), content.apply(value.substring(end + 1))) != null) {
            throw new IllegalArgumentException("no pair, or given twice: " + value);
        }
    }
}
