package io.neurovisor.server.config;

/** How events are logged. */
public enum LogFormat {
    /** As JSON by a server that no person watches, as text otherwise. */
    AUTO,
    /** For people: a line each. */
    TEXT,
    /** For programs: an object on a line each. */
    JSON
}
