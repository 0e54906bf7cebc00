/** Statuses of failed calls with machine-readable details. Shared by the gRPC services and the access rules. */
@NullMarked
package io.neurovisor.server.status;

import org.jspecify.annotations.NullMarked;
