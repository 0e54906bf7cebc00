/** The guest channel over gRPC. Generated protobuf types are used only in this package. */
@NullMarked
package io.neurovisor.host.guestlink;

import org.jspecify.annotations.NullMarked;
