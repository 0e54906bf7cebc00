package io.neurovisor.server.http.api;

import java.util.Map;

/** Observes the requests of a port. Must be safe for use by many threads. */
@FunctionalInterface
public interface RequestObserver {
    /** Observes nothing. */
    RequestObserver NONE = (_, _) -> new Observed() {
        @Override
        public Map<String, String> answered() {
            return Map.of();
        }

        @Override
        public Map<String, String> onward() {
            return Map.of();
        }

        @Override
        public void end(int status) {}
    };

    /**
     * Returns what is observed of a request that begins. Its end comes from the same thread.
     *
     * @param api the name of the API that serves it, or {@code none}
     */
    Observed begin(RequestHead head, String api);

    /** A request that is being served. */
    interface Observed {
        /** Returns headers for the response, which tell the client the trace of the request. */
        Map<String, String> answered();

        /** Returns headers for calls that are made for the request. */
        Map<String, String> onward();

        void end(int status);
    }
}
