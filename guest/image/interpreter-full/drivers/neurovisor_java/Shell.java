import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import jdk.jshell.ExpressionSnippet;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.Snippet.SubKind;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.VarSnippet;
import jdk.jshell.execution.LocalExecutionControlProvider;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionEnv;

/** The variables, methods and classes of a context, and the evaluation of its cells. */
final class Shell {
    private static final int PART_BYTES_MAX = 8 << 20;
    private static final int VARIABLES_MAX = 400;
    private static final int HEADER_CHARACTERS_MAX = 12_000;
    private static final int TEXT_CHARACTERS_MAX = 120;
    private static final Set<String> SHOWN_TYPES =
            Set.of("boolean", "byte", "short", "int", "long", "char", "float", "double", "String");

    /** Those of the tool jshell. */
    private static final List<String> IMPORTS = List.of(
            "java.io", "java.math", "java.net", "java.nio.file", "java.util", "java.util.concurrent",
            "java.util.function", "java.util.prefs", "java.util.regex", "java.util.stream");

    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private final Frames frames;
    private final Engine engine = new Engine();
    private final JShell shell;
    private final SourceCodeAnalysis analysis;
    private final Places places = new Places();
    private int count;
    private volatile boolean running;
    private volatile boolean interrupted;

    Shell(Frames frames) {
        this.frames = frames;
        shell = JShell.builder()
                .executionEngine(
                        new LocalExecutionControlProvider() {
                            @Override
                            public ExecutionControl createExecutionControl(
                                    ExecutionEnv environment, java.util.Map<String, String> parameters) {
                                return engine;
                            }
                        },
                        java.util.Map.of())
                .build();
        analysis = shell.sourceCodeAnalysis();
        IMPORTS.forEach(one -> shell.eval("import " + one + ".*;"));
    }

    void interrupt() {
        if (running) {
            interrupted = true;
            shell.stop();
        }
    }

    void run(Cell cell) {
        count++;
        interrupted = false;
        running = true;
        Failure failure = null;
        try {
            requireDirectory(cell.directory());
            try (Surroundings _ = new Surroundings(cell.environment())) {
                failure = evaluate(cell);
            }
        } catch (InvocationTargetException problem) {
            failure = Failure.ofText(problem.getCause());
        } catch (IOException | ReflectiveOperationException problem) {
            failure = Failure.of("CellNotStarted", problem.getMessage());
        } catch (Throwable problem) {
            // Of the compiler, or a lack of memory.
            failure = Failure.ofText(problem);
        }
        running = false;
        restoreStreams();
        if (interrupted) {
            failure = Failure.of("Interrupted", "SIGINT");
        }
        if (failure != null) {
            failure.send(frames, cell);
        }
        frames.send(
                "{\"type\":\"ended\",\"cell\":%s,\"failed\":%b,\"count\":%d}".formatted(cell.number(), failure != null, count),
                "");
    }

    /** Flushes what the cell has written, perhaps by streams of its own. The compiler needs some. */
    private void restoreStreams() {
        if (System.out == null) {
            System.setOut(out);
        }
        if (System.err == null) {
            System.setErr(err);
        }
        System.out.flush();
        System.err.flush();
    }

    /** Fails unless the directory is that of the process, which Java cannot change. */
    private static void requireDirectory(String directory) throws IOException {
        if (!directory.isEmpty() && !Files.isSameFile(Path.of(directory), Path.of(""))) {
            throw new IOException(directory + " cannot be the directory of a cell of Java, which has that of its context");
        }
    }

    /** Evaluates one snippet after the other. Returns why one of them has failed, or null. */
    private Failure evaluate(Cell cell) throws InvocationTargetException {
        String rest = cell.code();
        while (!rest.isBlank() && !interrupted) {
            rest = rest.stripLeading();
            long line = 1 + lines(cell.code().substring(0, cell.code().length() - rest.length()));
            CompletionInfo first = analysis.analyzeCompletion(rest);
            String source = first.source() == null ? rest : first.source();
            String after = first.source() == null ? "" : first.remaining();
            for (SnippetEvent event : shell.eval(source)) {
                if (event.causeSnippet() != null) {
                    continue;
                }
                places.add(event.snippet(), cell.number(), line);
                Failure failure = Failure.of(event, shell, places);
                if (failure != null) {
                    return failure;
                }
                if (after.isBlank()) {
                    show(cell, event);
                }
            }
            rest = after;
        }
        return null;
    }

    private static long lines(String text) {
        return text.chars().filter(next -> next == '\n').count();
    }

    /** Shows the value of an expression. That of an assignment is no result. */
    private void show(Cell cell, SnippetEvent event) throws InvocationTargetException {
        Snippet snippet = event.snippet();
        boolean isResult = snippet instanceof ExpressionSnippet
                ? snippet.subKind() != SubKind.ASSIGNMENT_SUBKIND
                : snippet.subKind() == SubKind.TEMP_VAR_EXPRESSION_SUBKIND;
        Object result = Values.take();
        if (!isResult || event.value() == null || interrupted) {
            return;
        }
        String value = engine.textOf(result);
        int bytes = value.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        if (bytes > PART_BYTES_MAX) {
            frames.send(
                    "{\"type\":\"dropped\",\"cell\":%s,\"mime\":\"text/plain\",\"size\":%d}".formatted(cell.number(), bytes), "");
        } else {
            frames.send(
                    "{\"type\":\"display\",\"cell\":%s,\"parts\":[{\"mime\":\"text/plain\",\"size\":%d}],\"main\":true}"
                            .formatted(cell.number(), bytes),
                    value);
        }
    }

    /** Describes the variables. Values whose text is code of the user are shown by their type. */
    void inspect(String id) {
        List<VarSnippet> all = shell.variables()
                .filter(one -> one.subKind() != SubKind.TEMP_VAR_EXPRESSION_SUBKIND)
                .filter(one -> shell.status(one).isActive())
                .sorted(java.util.Comparator.comparing(VarSnippet::name))
                .toList();
        StringBuilder described = new StringBuilder();
        int shown = 0;
        for (VarSnippet one : all) {
            String text = describe(one);
            if (described.length() + text.length() > HEADER_CHARACTERS_MAX || shown == VARIABLES_MAX) {
                break;
            }
            described.append(shown++ == 0 ? "" : ",").append(text);
        }
        frames.send(
                "{\"type\":\"variables\",\"id\":%s,\"variables\":[%s],\"truncated\":%b}"
                        .formatted(id, described, shown < all.size()),
                "");
    }

    private String describe(VarSnippet variable) {
        String type = variable.typeName();
        String text = SHOWN_TYPES.contains(type) ? shell.varValue(variable) : "<" + type + ">";
        return Stream.of("name", variable.name(), "kind", type, "text", text)
                .map(one -> Frames.quoted(one, TEXT_CHARACTERS_MAX))
                .collect(java.util.stream.Collectors.collectingAndThen(
                        java.util.stream.Collectors.toList(),
                        parts -> "{%s:%s,%s:%s,%s:%s}".formatted(parts.toArray())));
    }
}
