/** What went wrong, in the form in which clients of every language understand it. The gRPC services and the rules of access share it. */
@NullMarked
package io.neurovisor.server.status;

import org.jspecify.annotations.NullMarked;
