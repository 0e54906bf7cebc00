package io.neurovisor.bench.measure;

import io.neurovisor.engine.program.Language;
import java.util.List;

/** The program of most scenarios: its answer is known, and it takes no time worth the name. */
public record Sample(Language language, String code) {
    public static final String ANSWER = "42";

    public static final Sample PYTHON = new Sample(Language.PYTHON, "print(6*7)");

    public static final List<Sample> INTERPRETED = List.of(
            PYTHON, new Sample(Language.BASH, "echo $((6*7))"), new Sample(Language.JAVASCRIPT, "console.log(6*7)"));
}
