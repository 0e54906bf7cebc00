/** The port for HTTP APIs, on Jetty: HTTP/1.1 and HTTP/2, with bounded requests, connections and times. */
@NullMarked
package io.neurovisor.server.http.api;

import org.jspecify.annotations.NullMarked;
