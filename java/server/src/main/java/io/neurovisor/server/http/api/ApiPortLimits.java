package io.neurovisor.server.http.api;

import java.time.Duration;

/**
 * The limits of a port.
 *
 * @param connections the most at a time; a further one replaces that which has served no request for longest
 * @param requests the most at a time; further ones are rejected with 503
 * @param headerBytes the most of a request's headers
 * @param firstRequest the time in which a connection has to send the headers of its first request
 * @param body the time in which a body that has a limit has to arrive
 * @param idle the time after which a connection is closed on which nothing is sent
 * @param idleStream the same for streams
 */
public record ApiPortLimits(
        int connections,
        int requests,
        int headerBytes,
        Duration firstRequest,
        Duration body,
        Duration idle,
        Duration idleStream) {
    public static final ApiPortLimits USUAL = new ApiPortLimits(
            512,
            512,
            16 << 10,
            Duration.ofSeconds(20),
            Duration.ofMinutes(2),
            Duration.ofMinutes(1),
            Duration.ofMinutes(10));
}
