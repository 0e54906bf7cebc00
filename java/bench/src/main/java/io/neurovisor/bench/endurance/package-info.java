/** How a daemon bears hours of load while its machines and it are killed: whether anything is lost, run twice or left behind. */
@NullMarked
package io.neurovisor.bench.endurance;

import org.jspecify.annotations.NullMarked;
