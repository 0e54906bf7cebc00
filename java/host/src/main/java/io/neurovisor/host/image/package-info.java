/**
 * Root images and initrds from which guests boot. They are built from recipes if they are missing or outdated, without
 * containers, and verified by digest.
 */
@NullMarked
package io.neurovisor.host.image;

import org.jspecify.annotations.NullMarked;
