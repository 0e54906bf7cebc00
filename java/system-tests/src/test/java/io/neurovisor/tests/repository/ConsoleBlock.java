package io.neurovisor.tests.repository;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A block of a document with commands, each after a dollar sign, and their output.
 *
 * @param line the line where the block begins
 * @param test the test that runs the commands, according to the mark before the block
 * @param needs the requirements that not every machine meets, according to the mark
 */
record ConsoleBlock(int line, Optional<String> test, Optional<String> needs, List<Command> commands) {
    private static final String PROMPT = "$ ";
    private static final Pattern MARK = Pattern.compile("<!-- (?:run by (\\w+)|needs: ([^>]{3,})) -->");

    /** A command on one line, with the lines that it prints. */
    record Command(String text, List<String> output) {
        /** Returns the name of the program, or the subcommand of {@code ./neurovisor}. */
        String word() {
            String[] words = text.split("\\s+", 3);
            return words[0].equals("./neurovisor") ? words[1] : words[0];
        }
    }

    /** Returns the blocks of a document. */
    static List<ConsoleBlock> of(List<String> document) {
        List<ConsoleBlock> blocks = new ArrayList<>();
        for (int line = 0; line < document.size(); line++) {
            if (document.get(line).startsWith("```")) {
                int end = line + 1;
                while (!document.get(end).startsWith("```")) {
                    end++;
                }
                List<Command> commands = commands(document.subList(line + 1, end));
                if (!commands.isEmpty()) {
                    Matcher mark = MARK.matcher(line == 0 ? "" : document.get(line - 1));
                    boolean marked = mark.matches();
                    blocks.add(new ConsoleBlock(
                            line + 1,
                            Optional.ofNullable(marked ? mark.group(1) : null),
                            Optional.ofNullable(marked ? mark.group(2) : null),
                            commands));
                }
                line = end;
            }
        }
        return blocks;
    }

    private static List<Command> commands(List<String> lines) {
        List<Command> commands = new ArrayList<>();
        for (int line = 0; line < lines.size(); line++) {
            if (lines.get(line).startsWith(PROMPT)) {
                StringBuilder text = new StringBuilder(lines.get(line).substring(PROMPT.length()));
                while (text.charAt(text.length() - 1) == '\\') {
                    text.deleteCharAt(text.length() - 1)
                            .append(lines.get(++line).strip());
                }
                int end = line + 1;
                while (end < lines.size() && !lines.get(end).startsWith(PROMPT)) {
                    end++;
                }
                commands.add(new Command(text.toString(), List.copyOf(lines.subList(line + 1, end))));
            }
        }
        return commands;
    }
}
