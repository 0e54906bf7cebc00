/** What guests boot from: root images, the kernel and the initrd, built from recipes where they are missing. Everything is built from Debian packages, without containers, and is known by digest. */
@NullMarked
package io.neurovisor.host.image;

import org.jspecify.annotations.NullMarked;
