package io.neurovisor.server.config;

/** The lowest level of events that are logged. */
public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG
}
