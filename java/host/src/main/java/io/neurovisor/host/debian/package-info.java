/** Debian as the source of images and guest kernels: mirrors, the mmdebstrap command line, lists of packages, bills of materials. Explains failed builds to the user. */
@NullMarked
package io.neurovisor.host.debian;

import org.jspecify.annotations.NullMarked;
