/** A hostile guest agent: forged HTTP/2 and gRPC, against the host and against honest neighbours. */
@NullMarked
package io.neurovisor.tests.hostile.guest;

import org.jspecify.annotations.NullMarked;
