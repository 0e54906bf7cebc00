package io.neurovisor.server.http;

import java.time.Duration;

/**
 * The limits of a port.
 *
 * @param connections the limit of open connections
 * @param connectionsOfAddress the limit for one remote address
 * @param head the time from the start of the connection until the head of the request has arrived
 * @param answer the time until the client has read the response; streams have no limit
 */
public record HttpLimits(int connections, int connectionsOfAddress, Duration head, Duration answer) {}
