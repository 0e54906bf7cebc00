/** The Connect protocol for generated gRPC services: unary calls and streams, as JSON or binary messages. */
@NullMarked
package io.neurovisor.server.connect;

import org.jspecify.annotations.NullMarked;
