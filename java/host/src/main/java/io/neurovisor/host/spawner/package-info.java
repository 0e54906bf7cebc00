/**
 * The client of the spawner, the small program that starts all VMM processes. When this JVM ends for any reason, the
 * spawner ends every VMM.
 */
@NullMarked
package io.neurovisor.host.spawner;

import org.jspecify.annotations.NullMarked;
