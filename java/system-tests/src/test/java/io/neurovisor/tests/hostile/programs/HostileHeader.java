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
 * The header comment of a hostile program. Its first line describes the attempt. Lines that begin with {@code @} are directives; other
 * lines are for readers:
 *
 * <pre>
 * # Loads a program into the kernel by the number of the call.
 * # @promise guest account       the row of the table of promises that it attacks
 * # @layer guest                 the layer that stops it: 1 to 6, guest or agent
 * # @refused bpf EPERM ENOSYS    it reports that this attempt failed with one of these errors
 * # @held processes \d+          it reports that a promise holds; the value is a pattern
 * # @line \d+ more               it prints a line of that pattern
 * # @bytes 67108864              it prints this number of arbitrary bytes
 * # @outcome TIMED_OUT           the outcome, COMPLETED by default
 * # @exit 3                      the exit code of a completed program, 0 by default
 * # @killed python3              the process that the kernel killed because of its memory, a pattern
 * # @left 2                      the number of background processes that were killed
 * # @file good                   a file that is returned from out/; others must not be
 * # @files 1000                  the number of returned files of any name; each @skipped then stands for any number
 * # @skipped is a symbolic link  the reason why a file in out/ is not returned
 * # @env NAME=value              a variable, repeatable
 * # @given path content          an input file
 * # @timeout 10                  in seconds, 180 by default
 * # @twice                       runs in two machines, which must not print the same line beginning with DRAWN
 * # @short                       belongs to the short tier
 * </pre>
 *
 * <p>The program must print exactly the declared lines in their order: an unexpected or missing report counts as an escape.
 */
final class HostileHeader {
    /** Only guards against hanging: a program that reaches another limit takes minutes on a slow emulated machine. */
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

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
     * Parses the header of a program.
     *
     * @param marker the comment marker of the language
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

    /** Returns the patterns of the lines, in order. */
    List<Pattern> lines() {
        return lines;
    }

    /** Returns the number of printed bytes; negative if the lines are declared instead. */
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

    /** Returns the sorted paths of the returned files. */
    List<String> files() {
        return List.copyOf(files);
    }

    /** Returns the number of returned files; negative if their names are declared instead. */
    int fileCount() {
        return fileCount;
    }

    List<String> skipped() {
        return skipped;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** Returns the declared input files and the library of the language. */
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

    /** Parses a word for the attempt, followed by the allowed errors. */
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
