package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.cli.run.OutputDirectory;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Saves rich results as {@code cell-3-1.png}: the first display of cell 3. Without a directory it says what could be saved. */
public final class ResultFiles {
    private static final String TEXT = "text/plain";

    private static final Map<String, String> SUFFIXES = Map.ofEntries(
            Map.entry("image/png", "png"),
            Map.entry("image/jpeg", "jpg"),
            Map.entry("image/svg+xml", "svg"),
            Map.entry("application/pdf", "pdf"),
            Map.entry("text/html", "html"),
            Map.entry("text/markdown", "md"),
            Map.entry("text/latex", "tex"),
            Map.entry("application/json", "json"),
            Map.entry("application/vnd.neurovisor.data+json", "data.json"),
            Map.entry("application/vnd.apache.arrow.stream", "arrow"),
            Map.entry("application/vnd.neurovisor.chart+json", "chart.json"),
            Map.entry("application/vnd.plotly.v1+json", "plotly.json"),
            Map.entry("application/javascript", "js"));

    private static final Pattern NOT_OF_NAMES = Pattern.compile("[^a-z0-9]+");

    private final String unit;
    private final Optional<OutputDirectory> directory;
    private final Consumer<String> remarks;
    private final Consumer<String> problems;
    private final List<String> saved = new ArrayList<>();
    private long cell;
    private int display;

    /** @param unit the begin of all names, such as {@code cell} */
    public ResultFiles(
            String unit, Optional<OutputDirectory> directory, Consumer<String> remarks, Consumer<String> problems) {
        this.unit = unit;
        this.directory = directory;
        this.remarks = remarks;
        this.problems = problems;
    }

    public void begin(long number) {
        cell = number;
        display = 0;
    }

    public void save(CellDisplay shown) {
        display++;
        if (directory.isPresent()) {
            shown.parts().forEach((type, content) -> save(directory.get(), type, content));
        } else if (!shown.parts().containsKey(TEXT)
                || shown.parts().keySet().stream().anyMatch(ResultFiles::isImage)) {
            remarks.accept("a result of type %s is not shown; save it with --out"
                    .formatted(
                            UntrustedText.line(String.join(", ", shown.parts().keySet()))));
        }
    }

    private static boolean isImage(String type) {
        return type.startsWith("image/");
    }

    private void save(OutputDirectory target, String type, ByteBuffer content) {
        if (type.equals(TEXT)) {
            return;
        }
        String name = "%s-%d-%d.%s".formatted(unit, cell, display, suffix(type));
        int unsaved = target.unsaved().size();
        target.file(name, content.duplicate(), true);
        List<SkippedFile> failed = target.unsaved();
        if (failed.size() > unsaved) {
            problems.accept(failed.getLast().path() + " " + failed.getLast().reason());
            return;
        }
        saved.add(name);
        remarks.accept("saved " + name);
    }

    private static String suffix(String type) {
        String usual = SUFFIXES.get(type);
        if (usual != null) {
            return usual;
        }
        return NOT_OF_NAMES.matcher(type.substring(type.indexOf('/') + 1)).replaceAll("-");
    }

    /** Returns the names of the files, in the order of their arrival. */
    List<String> saved() {
        return List.copyOf(saved);
    }
}
