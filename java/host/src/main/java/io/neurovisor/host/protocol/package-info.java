/** Messages that guests and daemons have in common, translated from and into the engine's values. */
@NullMarked
package io.neurovisor.host.protocol;

import org.jspecify.annotations.NullMarked;
