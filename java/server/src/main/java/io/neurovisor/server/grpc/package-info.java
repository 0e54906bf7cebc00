/** The gRPC doors: messages in, values of the engine inside, messages out. Nothing is decided here that another door would decide again. */
@NullMarked
package io.neurovisor.server.grpc;

import org.jspecify.annotations.NullMarked;
