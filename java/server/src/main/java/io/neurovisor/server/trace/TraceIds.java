package io.neurovisor.server.trace;

import com.fasterxml.uuid.Generators;
import io.neurovisor.engine.trace.TraceId;

/** Makes the ids of requests that come without one. */
public final class TraceIds {
    private TraceIds() {}

    /** Of a request that begins now. */
    public static TraceId next() {
        return new TraceId(Generators.timeBasedEpochRandomGenerator().generate());
    }
}
