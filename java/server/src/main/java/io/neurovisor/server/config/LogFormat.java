package io.neurovisor.server.config;

/** The format of the log. */
public enum LogFormat {
    /** JSON for a server whose stderr is not a terminal, otherwise text. */
    AUTO,
    /** One line of text for each event. */
    TEXT,
    /** One JSON object on a line for each event. */
    JSON
}
