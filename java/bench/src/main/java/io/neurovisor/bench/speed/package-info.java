/** How fast and how small it is beside what one would take instead, all of it measured in turn in one run. */
@NullMarked
package io.neurovisor.bench.speed;

import org.jspecify.annotations.NullMarked;
