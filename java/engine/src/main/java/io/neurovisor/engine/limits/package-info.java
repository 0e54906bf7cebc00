/** How much a sandbox may use. The tiers are fixed names that users choose by. */
@NullMarked
package io.neurovisor.engine.limits;

import org.jspecify.annotations.NullMarked;
