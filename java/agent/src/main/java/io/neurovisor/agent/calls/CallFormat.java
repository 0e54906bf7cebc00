package io.neurovisor.agent.calls;

import java.util.Optional;

/** A format in which models write calls. */
interface CallFormat {
    /** Returns the calls in this format that begin exactly at {@code from}; empty if there are none. */
    Optional<FoundCalls> at(Source source, int from);
}
