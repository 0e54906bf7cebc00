import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.UnresolvedReferenceException;

/** Why a cell has failed, as data. */
record Failure(String name, String value, List<Frame> frames, String traceback) {
    private static final int NAME_CHARACTERS_MAX = 200;
    private static final int VALUE_CHARACTERS_MAX = 1000;
    private static final int TRACEBACK_CHARACTERS_MAX = 4000;
    private static final int FRAMES_MAX = 32;
    private static final String COMPILATION = "CompilationError";

    record Frame(String file, long line, String function, String source) {
        private String json() {
            return "{\"file\":%s,\"line\":%d,\"function\":%s,\"source\":%s}"
                    .formatted(
                            Frames.quoted(file, NAME_CHARACTERS_MAX),
                            Math.max(0, line),
                            Frames.quoted(function, NAME_CHARACTERS_MAX),
                            Frames.quoted(source, NAME_CHARACTERS_MAX));
        }
    }

    static Failure of(String name, String value) {
        return new Failure(name, value, List.of(), "");
    }

    /** Returns the failure of code that is no snippet, such as that of {@code toString()} of a result. */
    static Failure ofText(Throwable problem) {
        String value;
        try {
            value = String.valueOf(problem.getMessage());
        } catch (RuntimeException | Error ofTheUser) {
            value = "";
        }
        return of(problem.getClass().getName(), value);
    }

    /** Returns null unless the snippet has failed. */
    static Failure of(SnippetEvent event, JShell shell, Places places) {
        Snippet snippet = event.snippet();
        if (event.exception() != null) {
            return thrown(event.exception(), places);
        }
        return switch (event.status()) {
            case REJECTED -> rejected(snippet, shell, places);
            case RECOVERABLE_NOT_DEFINED ->
                new Failure(COMPILATION, unresolved(shell, (DeclarationSnippet) snippet), List.of(at(snippet, 0, places)), "");
            case VALID, RECOVERABLE_DEFINED, OVERWRITTEN, DROPPED, NONEXISTENT -> null;
        };
    }

    private static Failure rejected(Snippet snippet, JShell shell, Places places) {
        List<Diag> errors = shell.diagnostics(snippet).filter(Diag::isError).toList();
        if (errors.isEmpty()) {
            return of(COMPILATION, "the snippet is rejected");
        }
        Diag first = errors.getFirst();
        String all = errors.stream()
                .map(one -> {
                    Frame at = at(snippet, one.getPosition(), places);
                    return "%s, line %d: %s\n    %s".formatted(at.file(), at.line(), one.getMessage(null), at.source());
                })
                .collect(Collectors.joining("\n"));
        return new Failure(COMPILATION, first.getMessage(null), List.of(at(snippet, first.getPosition(), places)), all);
    }

    private static Frame at(Snippet snippet, long position, Places places) {
        Places.Place place = places.of(snippet.id());
        int end = (int) Math.clamp(position, 0, snippet.source().length());
        long line = place.firstLine()
                + snippet.source().substring(0, end).chars().filter(next -> next == '\n').count();
        return new Frame(place.file(), line, "", place.sourceOf(line));
    }

    private static String unresolved(JShell shell, DeclarationSnippet snippet) {
        return "cannot find " + shell.unresolvedDependencies(snippet).collect(Collectors.joining(", "));
    }

    private static Failure thrown(JShellException exception, Places places) {
        String name;
        String value = String.valueOf(exception.getMessage());
        if (exception instanceof EvalException thrown) {
            name = thrown.getExceptionClassName();
            value = thrown.getMessage() == null ? "" : thrown.getMessage();
        } else {
            name = COMPILATION;
            if (exception instanceof UnresolvedReferenceException unresolved) {
                value = "a method that is called refers to what is not defined: "
                        + unresolved.getSnippet().name();
            }
        }
        StringBuilder text = new StringBuilder();
        List<Frame> frames = frames(exception, places);
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            text.append(cause == exception ? "" : "Caused by: ").append(cause == exception ? name : nameOf(cause));
            text.append(cause.getMessage() == null ? "\n" : ": " + cause.getMessage() + "\n");
            for (Frame frame : frames(cause, places).reversed()) {
                text.append("    at %s (%s, line %d)\n".formatted(frame.function(), frame.file(), frame.line()));
            }
        }
        return new Failure(name, value, frames, text.toString());
    }

    private static String nameOf(Throwable cause) {
        return cause instanceof EvalException thrown ? thrown.getExceptionClassName() : cause.getClass().getName();
    }

    /** Returns the frames from the code of the cell on, outermost first. */
    private static List<Frame> frames(Throwable exception, Places places) {
        List<Frame> found = new ArrayList<>();
        for (StackTraceElement one : exception.getStackTrace()) {
            if (one.getClassName().equals(ProcessExit.class.getName())) {
                continue;
            }
            String file = String.valueOf(one.getFileName());
            Places.Place place = file.startsWith("#") ? places.of(file.substring(1)) : null;
            boolean isTop = one.getMethodName().isEmpty() || one.getMethodName().startsWith("do_it$");
            if (place == null) {
                found.add(new Frame(file, one.getLineNumber(), one.getClassName() + "." + one.getMethodName(), ""));
            } else {
                long line = place.firstLine() + one.getLineNumber() - 1;
                found.add(new Frame(place.file(), line, isTop ? "" : one.getMethodName(), place.sourceOf(line)));
            }
        }
        List<Frame> outermostFirst = found.reversed();
        if (found.size() <= FRAMES_MAX) {
            return outermostFirst;
        }
        List<Frame> some = new ArrayList<>(outermostFirst.subList(0, FRAMES_MAX / 2));
        some.addAll(outermostFirst.subList(found.size() - FRAMES_MAX / 2, found.size()));
        return some;
    }

    void send(Frames target, Cell cell) {
        String header = "{\"type\":\"error\",\"cell\":%s,\"name\":%s,\"value\":%s,\"frames\":[%s]}"
                .formatted(
                        cell.number(),
                        Frames.quoted(name, NAME_CHARACTERS_MAX),
                        Frames.quoted(value, VALUE_CHARACTERS_MAX),
                        frames.stream().map(Frame::json).collect(Collectors.joining(",")));
        String text = traceback.isEmpty() ? name + ": " + value : traceback;
        target.send(header, text.substring(0, Math.min(text.length(), TRACEBACK_CHARACTERS_MAX)));
    }
}
