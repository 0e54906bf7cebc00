/**
 * The limits that every call is subject to: how requests arrive, how much memory requests and responses use, and how long a
 * client may take to read. A call that exceeds one is rejected or cancelled with a status that gives the reason.
 */
@NullMarked
package io.neurovisor.server.grpc.guard;

import org.jspecify.annotations.NullMarked;
