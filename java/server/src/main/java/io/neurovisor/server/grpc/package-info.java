/** The gRPC ports, and what all calls share: their threads and their traces. The services are in the packages below. */
@NullMarked
package io.neurovisor.server.grpc;

import org.jspecify.annotations.NullMarked;
