/** The resources of a machine. The tiers have fixed names, by which users choose. */
@NullMarked
package io.neurovisor.engine.limits;

import org.jspecify.annotations.NullMarked;
