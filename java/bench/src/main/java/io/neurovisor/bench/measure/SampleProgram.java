package io.neurovisor.bench.measure;

import io.neurovisor.engine.program.Language;
import java.util.List;

/** The program of most scenarios. Its answer is known, and its own run time is negligible. */
public record SampleProgram(Language language, String code) {
    public static final String ANSWER = "42";

    public static final SampleProgram PYTHON = new SampleProgram(Language.PYTHON, "print(6*7)");

    public static final SampleProgram JAVASCRIPT = new SampleProgram(Language.JAVASCRIPT, "console.log(6*7)");

    public static final List<SampleProgram> INTERPRETED =
            List.of(PYTHON, new SampleProgram(Language.BASH, "echo $((6*7))"), JAVASCRIPT);
}
