package io.neurovisor.testkit.interpreter;

import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellOutcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that a {@link FakeContext} knows, which mean the same in Python: {@code n = 1}, {@code n}, {@code n + 1},
 * {@code print('text')}, {@code print(input('prompt'))}, {@code from IPython import display; display.Image(b'pixels' * 2, format='png')}, {@code raise ValueError('text')}, {@code while True: pass} and
 * {@code import os; os._exit(3)}. Another one raises a NameError.
 */
enum FakeStatement {
    ASSIGNMENT("(\\w+) = (\\d+)") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) {
            cell.variables().put(match.group(1), Long.valueOf(match.group(2)));
        }
    },
    EXPRESSION("(\\w+)(?: \\+ (\\d+))?") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) throws Stop {
            Long value = cell.variables().get(match.group(1));
            if (value == null) {
                throw new Stop("NameError", "name '" + match.group(1) + "' is not defined");
            }
            long sum = value
                    + Optional.ofNullable(match.group(2)).map(Long::valueOf).orElse(0L);
            show(cell, Map.of("text/plain", Long.toString(sum)));
        }
    },
    IMAGE("from IPython import display; display\\.Image\\(b'(.*)'(?: \\* (\\d+))?, format='png'\\)") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) {
            Map<String, String> parts = new LinkedHashMap<>();
            parts.put("text/plain", "<IPython.core.display.Image object>");
            int repetitions =
                    Optional.ofNullable(match.group(2)).map(Integer::valueOf).orElse(1);
            parts.put("image/png", match.group(1).repeat(repetitions));
            show(cell, parts);
        }
    },
    PRINT("print\\('(.*)'\\)") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) {
            cell.emit(new CellEvent.Text(false, match.group(1) + "\n"));
        }
    },
    INPUT("print\\(input\\('(.*)'\\)\\)") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) throws Stop {
            if (!cell.spec().hasInput()) {
                throw new Stop("EOFError", "no client answers");
            }
            String line = cell.input(new CellEvent.InputRequested(match.group(1), false))
                    .orElseThrow(() -> new Stop("EOFError", "the input has ended"));
            cell.emit(new CellEvent.Text(false, line + "\n"));
        }
    },
    RAISE("raise (\\w+)\\('(.*)'\\)") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) throws Stop {
            throw new Stop(match.group(1), match.group(2));
        }
    },
    LOOP("while True: pass") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) throws Stop {
            throw new Stop(
                    FakeContext.end(cell.awaitInterrupt() ? CellOutcome.INTERRUPTED : CellOutcome.TIMED_OUT, true, 0));
        }
    },
    EXIT("import os; os\\._exit\\((\\d+)\\)") {
        @Override
        void run(FakeContext.Cell cell, MatchResult match) throws Stop {
            throw new Stop(FakeContext.end(CellOutcome.DIED, false, Integer.parseInt(match.group(1))));
        }
    };

    private final Pattern pattern;

    FakeStatement(String pattern) {
        this.pattern = Pattern.compile(pattern);
    }

    abstract void run(FakeContext.Cell cell, MatchResult match) throws Stop;

    /** Sends the parts of a result. */
    private static void show(FakeContext.Cell cell, Map<String, String> texts) {
        List<ByteBuffer> contents =
                texts.values().stream().map(StandardCharsets.UTF_8::encode).toList();
        List<String> types = List.copyOf(texts.keySet());
        List<CellEvent.Part> parts = IntStream.range(0, types.size())
                .mapToObj(part ->
                        new CellEvent.Part(types.get(part), contents.get(part).remaining()))
                .toList();
        cell.emit(new CellEvent.Display(parts, "", false, true));
        for (int part = 0; part < contents.size(); part++) {
            cell.emit(new CellEvent.DisplayData(part, contents.get(part)));
        }
    }

    /** Ends a cell before its last line. */
    static final class Stop extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient @Nullable CellEnd end;
        private final String name;

        Stop(CellEnd end) {
            super("");
            this.end = end;
            this.name = "";
        }

        Stop(String name, String value) {
            super(value);
            this.end = null;
            this.name = name;
        }
    }

    /** Runs the lines of a cell and returns its end. */
    static CellEnd run(FakeContext.Cell cell) {
        List<String> lines = cell.spec().code().lines().toList();
        for (int index = 0; index < lines.size(); index++) {
            String line = lines.get(index);
            try {
                runLine(cell, line);
            } catch (Stop stop) {
                if (stop.end != null) {
                    return stop.end;
                }
                String value = String.valueOf(stop.getMessage());
                cell.emit(new CellEvent.Failed(new CellError(
                        stop.name,
                        value,
                        List.of(new CellError.Frame("<cell 1>", index + 1, "<module>", line)),
                        stop.name + ": " + value + "\n")));
                return FakeContext.end(CellOutcome.ERROR, true, 0);
            }
        }
        return FakeContext.end(CellOutcome.OK, true, 0);
    }

    private static void runLine(FakeContext.Cell cell, String line) throws Stop {
        for (FakeStatement statement : values()) {
            Matcher matcher = statement.pattern.matcher(line);
            if (matcher.matches()) {
                statement.run(cell, matcher);
                return;
            }
        }
        throw new Stop("NameError", "name '" + line + "' is not defined");
    }
}
