package io.neurovisor.tests.languages;

import io.neurovisor.engine.program.InputFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header comment of a corpus program. Its first line is the title. Lines that begin with {@code @} are directives; other lines are
 * for readers:
 *
 * <pre>
 * # What the program shows.
 * # @args "one" "two\n"      arguments, with Java's escapes
 * # @env NAME=value          a variable, repeatable
 * # @stdin                   a block of text; or @stdin-hex with bytes
 * # | a line of the block
 * # @file parts/helper.py    an input file with the block as its content
 * # | a line of the block
 * # @exit 3                  the expected exit code, 0 by default; or @signal 15
 * # @stdout                  the expected output, a block; likewise @stderr
 * # | a line of the block
 * # @plain                   a plain interpreter runs it, because its settings differ from those of the warm one
 * </pre>
 */
final class CorpusHeader {
    private static final Pattern ARGUMENT = Pattern.compile("\\G\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final String BLOCK_LINE = " |";
    private static final int SIGNAL_BASE = 128;

    private final List<String> arguments = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Map<String, List<String>> files = new LinkedHashMap<>();
    private final Map<String, List<String>> streams = new LinkedHashMap<>();
    private ByteBuffer stdinBytes = ByteBuffer.allocate(0);
    private int exitCode;
    private int signal;
    private boolean plain;
    private final String title;

    /**
     * Parses the header of a program.
     *
     * @param marker the comment marker of the language
     */
    CorpusHeader(String text, String marker) {
        List<String> lines = text.lines()
                .dropWhile(line -> line.startsWith("#!"))
                .takeWhile(line -> line.startsWith(marker))
                .map(line -> line.substring(marker.length()))
                .toList();
        title = lines.isEmpty() ? "" : lines.getFirst().strip();
        List<String> block = null;
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            if (line.startsWith(BLOCK_LINE)) {
                if (block == null) {
                    throw new IllegalArgumentException("a block line without a block: " + line);
                }
                String content = line.substring(BLOCK_LINE.length());
                block.add(content.startsWith(" ") ? content.substring(1) : content);
            } else {
                block = line.startsWith(" @") ? directive(line.substring(2)) : null;
            }
        }
    }

    String title() {
        return title;
    }

    List<String> arguments() {
        return arguments;
    }

    Map<String, String> environment() {
        return environment;
    }

    ByteBuffer stdin() {
        return stream("stdin").map(StandardCharsets.UTF_8::encode).orElse(stdinBytes);
    }

    List<InputFile> files() {
        return files.entrySet().stream()
                .map(file ->
                        new InputFile(file.getKey(), StandardCharsets.UTF_8.encode(joined(file.getValue())), false))
                .toList();
    }

    /** Returns the expected text of {@code stdout} or {@code stderr}; empty if the header has none. */
    Optional<String> stream(String name) {
        return Optional.ofNullable(streams.get(name)).map(CorpusHeader::joined);
    }

    /** Returns the exit code as a shell reports it. */
    int exitCode() {
        return signal > 0 ? SIGNAL_BASE + signal : exitCode;
    }

    int signal() {
        return signal;
    }

    boolean isPlain() {
        return plain;
    }

    /** Parses a directive and returns the block that it opens; null if it opens none. */
    private @Nullable List<String> directive(String line) {
        int end = line.indexOf(' ');
        String name = end < 0 ? line : line.substring(0, end);
        String value = end < 0 ? "" : line.substring(end).strip();
        switch (name) {
            case "args" -> addArguments(value);
            case "env" -> addVariable(value);
            case "stdin-hex" -> stdinBytes = ByteBuffer.wrap(HexFormat.of().parseHex(value));
            case "exit" -> exitCode = Integer.parseInt(value);
            case "signal" -> signal = Integer.parseInt(value);
            case "plain" -> plain = true;
            case "file" -> {
                return opened(files, value);
            }
            case "stdin", "stdout", "stderr" -> {
                return opened(streams, name);
            }
            default -> throw new IllegalArgumentException("@" + name + " is no directive");
        }
        return null;
    }

    private static List<String> opened(Map<String, List<String>> blocks, String name) {
        List<String> block = new ArrayList<>();
        if (blocks.put(name, block) != null) {
            throw new IllegalArgumentException("@" + name + " is given twice");
        }
        return block;
    }

    private void addArguments(String value) {
        Matcher matcher = ARGUMENT.matcher(value);
        int end = 0;
        while (matcher.find()) {
            arguments.add(matcher.group(1).translateEscapes());
            end = matcher.end();
        }
        if (end != value.length()) {
            throw new IllegalArgumentException("arguments that are not quoted: " + value.substring(end));
        }
    }

    private void addVariable(String value) {
        int equals = value.indexOf('=');
        if (equals < 1 || environment.put(value.substring(0, equals), value.substring(equals + 1)) != null) {
            throw new IllegalArgumentException("no NAME=value, or given twice: " + value);
        }
    }

    private static String joined(List<String> lines) {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }
}
