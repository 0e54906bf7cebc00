package io.neurovisor.server.trace;

import com.fasterxml.uuid.Generators;
import io.neurovisor.engine.trace.TraceId;

/** Generates trace ids for requests without one. */
public final class TraceIds {
    private TraceIds() {}

    public static TraceId next() {
        return new TraceId(Generators.timeBasedEpochRandomGenerator().generate());
    }
}
