/**
 * Artifacts on disk, such as images, kernels and templates. An artifact appears whole or not at all, is built once even
 * if several processes ask for it, and is removed only while no process uses it.
 */
@NullMarked
package io.neurovisor.host.store;

import org.jspecify.annotations.NullMarked;
