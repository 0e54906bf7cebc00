package io.neurovisor.agent.calls;

import java.util.Optional;

/** One way of writing calls. */
interface CallFormat {
    /** The calls that begin exactly there; empty where none of this format do. */
    Optional<Found> at(Source source, int from);
}
