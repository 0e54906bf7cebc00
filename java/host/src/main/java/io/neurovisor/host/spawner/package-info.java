/** The client of the spawner, the small program that alone starts VMM processes. When this JVM ends, however it ends, the spawner ends every VMM. */
@NullMarked
package io.neurovisor.host.spawner;

import org.jspecify.annotations.NullMarked;
