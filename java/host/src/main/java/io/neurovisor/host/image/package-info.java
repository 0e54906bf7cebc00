/** Root images and initrds that guests boot from. They are built from recipes where they are missing or outdated, without containers, and are known by digest. */
@NullMarked
package io.neurovisor.host.image;

import org.jspecify.annotations.NullMarked;
