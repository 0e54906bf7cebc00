package io.neurovisor.server.client;

/**
 * The trace ids in a daemon's response.
 *
 * @param answered the {@code trace_id} of the message
 * @param header the {@code x-trace-id} header
 * @param response the {@code traceresponse} header, which contains the real id (W3C Trace Context level 2)
 */
public record TraceEcho(String answered, String header, String response) {}
