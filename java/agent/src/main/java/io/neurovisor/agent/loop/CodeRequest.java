package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.trace.TraceId;

/** A program that a model requests to run. */
public record CodeRequest(TraceId traceId, Language language, String code) {
    public CodeRequest {
        requireNonNull(traceId, "traceId is null");
        requireNonNull(language, "language is null");
        requireNonNull(code, "code is null");
    }
}
