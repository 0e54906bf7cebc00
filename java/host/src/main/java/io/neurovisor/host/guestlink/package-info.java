/** The guest channel over gRPC. Generated protobuf types stay in here. */
@NullMarked
package io.neurovisor.host.guestlink;

import org.jspecify.annotations.NullMarked;
